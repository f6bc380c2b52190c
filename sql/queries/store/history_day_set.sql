INSERT INTO history_day (series_id, day, value) VALUES (:id, :at, :value)
ON CONFLICT DO UPDATE SET value = excluded.value;
