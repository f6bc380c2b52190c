UPDATE total SET value = 0, sum = 0, count = 0, buckets = :buckets,
                 updated_at = :now
WHERE series_id = :id;
