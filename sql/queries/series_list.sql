SELECT labels, value, sum, buckets, created_at
FROM series WHERE family_id = :family ORDER BY labels;
