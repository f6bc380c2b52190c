-- The copy is written: it becomes the mark.
INSERT INTO history_mark (series_id, value, sum, count, buckets)
SELECT series_id, value, sum, count, buckets FROM history_due
WHERE series_id = :id AND at = :at
ON CONFLICT DO UPDATE SET
    value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets;
