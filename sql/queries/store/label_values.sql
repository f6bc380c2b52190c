-- The values of one label that are in use, oldest first. A row that somebody has
-- damaged has none. GROUP BY takes a name for a column before an alias: `value`
-- would be that of the series.
SELECT iif(json_valid(labels), labels ->> :label, NULL) AS text FROM series
WHERE family_id = :family GROUP BY text ORDER BY min(id);
