-- The current totals become the mark: they are not growth.
INSERT INTO history_mark (series_id, value, sum, count, buckets)
SELECT series_id, value, sum, count, buckets FROM total
WHERE series_id = :id AND EXISTS (SELECT 1 FROM series WHERE id = :id)
ON CONFLICT DO UPDATE SET
    value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets;
