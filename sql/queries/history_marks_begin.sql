-- Starts the history at :since. The totals of series created in the same second
-- are not growth either.
INSERT INTO history_mark (series_id, value, sum, count, buckets)
SELECT series_id, value, sum, count, buckets
FROM total JOIN series ON series.id = total.series_id
WHERE created_at >= :since AND (value IS NULL OR value <> 0 OR count <> 0);
