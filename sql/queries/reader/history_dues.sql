-- The totals of a series between its mark and those that stand.
SELECT at, value, sum, count, buckets FROM history_due
WHERE series_id = :series ORDER BY at;
