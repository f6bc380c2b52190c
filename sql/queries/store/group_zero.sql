-- The series restart, as in series_zero.
UPDATE series SET created_at = :now
WHERE group_id = :group AND +family_id = :family;
