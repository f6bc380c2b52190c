-- They start again, as with series_zero.
UPDATE series SET created_at = :now
WHERE group_id = :group AND +family_id = :family;
