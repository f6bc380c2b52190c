-- Proves that the database can be written.
INSERT INTO meta (key, value) VALUES ('checked_at', :now)
ON CONFLICT DO UPDATE SET value = excluded.value;
