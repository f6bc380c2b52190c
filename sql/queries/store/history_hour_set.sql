INSERT INTO history_hour (series_id, day, hours) VALUES (:id, :at, :hours)
ON CONFLICT DO UPDATE SET hours = excluded.hours;
