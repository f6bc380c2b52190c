SELECT labels, value, sum, count, buckets, updated_at, group_id
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
