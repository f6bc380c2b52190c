-- Changes nothing when a push with the key was counted before.
INSERT INTO push_key (key, seen_at) VALUES (:key, :now) ON CONFLICT DO NOTHING;
