-- The values of a label in use, oldest first. A damaged row has none. The alias
-- is `text`, because GROUP BY prefers a column to an alias, and `value` is a
-- column of the series.
SELECT iif(json_valid(labels), labels ->> :label, NULL) AS text FROM series
WHERE family_id = :family GROUP BY text ORDER BY min(id);
