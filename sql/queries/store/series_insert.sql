-- A series at zero.
INSERT INTO series (family_id, labels, buckets, created_at, updated_at)
VALUES (:family, :labels, :buckets, :now, :now)
ON CONFLICT DO NOTHING;
