INSERT INTO history_step (series_id, at, value) VALUES (:id, :at, :value)
ON CONFLICT DO UPDATE SET value = excluded.value;
