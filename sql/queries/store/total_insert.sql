-- Adds the totals of a series at zero unless it has totals.
INSERT INTO total (series_id, buckets, updated_at)
SELECT id, :buckets, :now FROM series
WHERE family_id = :family AND labels = :labels
ON CONFLICT DO NOTHING;
