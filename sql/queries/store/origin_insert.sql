-- Something that was added before may be added again when that is asked for.
INSERT INTO origin (key, added_at) VALUES (:key, :now)
ON CONFLICT DO UPDATE SET added_at = excluded.added_at;
