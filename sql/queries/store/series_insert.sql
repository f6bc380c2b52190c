-- total_insert.sql adds its totals.
INSERT INTO series (family_id, labels, created_at)
VALUES (:family, :labels, :now)
ON CONFLICT DO NOTHING;
