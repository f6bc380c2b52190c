SELECT labels, value, sum, count, buckets, created_at
FROM series WHERE family_id = :family ORDER BY labels;
