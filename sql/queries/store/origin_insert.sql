-- A source may be added again on request.
INSERT INTO origin (key, added_at) VALUES (:key, :now)
ON CONFLICT DO UPDATE SET added_at = excluded.added_at;
