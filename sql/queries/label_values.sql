-- The values of one label that are in use, oldest first.
SELECT labels ->> :label AS value FROM series
WHERE family_id = :family GROUP BY value ORDER BY min(id);
