-- The columns of a missing total are NULL.
SELECT labels, value, sum, count, buckets, updated_at, group_id,
       series.id
FROM series LEFT JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
