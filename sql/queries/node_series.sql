SELECT labels, value, sum, count, buckets, updated_at, group_id FROM series
WHERE family_id = :family ORDER BY labels;
