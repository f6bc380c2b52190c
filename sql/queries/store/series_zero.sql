-- A series starts again.
UPDATE series SET value = 0, sum = 0, count = 0, buckets = :buckets,
                  created_at = :now, updated_at = :now
WHERE id = :id;
