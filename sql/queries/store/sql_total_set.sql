-- Sets a counter to a total that another program has counted.
UPDATE total SET value = :value, updated_at = :now WHERE series_id = :id;
