-- The series of a family of any type, with their births. Births are in the
-- table `series`, of which the other lists read only the index.
SELECT labels, created_at, value, sum, count, buckets
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
