-- The series restart, as in total_zero.
UPDATE total SET value = 0, sum = 0, count = 0, buckets = :buckets,
                 updated_at = :now
WHERE series_id IN (
    SELECT id FROM series WHERE group_id = :group AND +family_id = :family
);
