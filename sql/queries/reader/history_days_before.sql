-- The days of a series that ended by :from, latest first.
SELECT day, value FROM history_day
WHERE series_id = :series AND day <= :from - 86400 ORDER BY day DESC;
