-- Changes nothing when the batch was counted before.
INSERT INTO batch (id, seen_at) VALUES (:id, :now) ON CONFLICT DO NOTHING;
