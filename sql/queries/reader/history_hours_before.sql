-- The days of a series that began before :from, latest first.
SELECT day, hours FROM history_hour
WHERE series_id = :series AND day < :from ORDER BY day DESC;
