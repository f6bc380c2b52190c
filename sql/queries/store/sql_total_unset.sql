-- A gauge that the last result does not have: it is as if it was never set, and
-- NULL says so to its history.
UPDATE total SET value = NULL, count = 0, updated_at = :now
WHERE series_id = :id;
