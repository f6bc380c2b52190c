-- The steps of a series that ended by :from, latest first.
SELECT at, value FROM history_step
WHERE series_id = :series AND at <= :from - 300 ORDER BY at DESC;
