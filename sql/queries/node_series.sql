SELECT labels, value, sum, count, buckets, updated_at FROM series
WHERE family_id = :family ORDER BY labels;
