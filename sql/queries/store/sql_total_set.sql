-- A counter that is counted elsewhere.
UPDATE total SET value = :value, updated_at = :now WHERE series_id = :id;
