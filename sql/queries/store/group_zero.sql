-- They start again, as with series_zero.
UPDATE series SET value = 0, sum = 0, count = 0, buckets = :buckets,
                  created_at = :now, updated_at = :now
WHERE group_id = :group AND +family_id = :family;
