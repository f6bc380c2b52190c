-- The copied totals of a series that are newer than its mark.
SELECT at, value, sum, count, buckets FROM history_due
WHERE series_id = :series ORDER BY at;
