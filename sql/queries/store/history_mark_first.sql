-- The past of a series that is older than the history is unknown: its current
-- totals become its mark.
INSERT INTO history_mark (series_id, value, sum, count, buckets)
SELECT series_id, value, sum, count, buckets
FROM total JOIN series ON series.id = total.series_id
WHERE series_id = :id AND created_at < :since
ON CONFLICT DO NOTHING;
