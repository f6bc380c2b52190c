-- A total saturates at METRIC_VALUE_MAX.
UPDATE total SET value = min(value + :value, 1e100), updated_at = :now
WHERE series_id = :id;
