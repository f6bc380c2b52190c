-- Unsets a gauge that the last result lacks. NULL ends its value in the
-- history.
UPDATE total SET value = NULL, count = 0, updated_at = :now
WHERE series_id = :id;
