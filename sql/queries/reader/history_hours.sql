-- The hours of a series by day; :from is the start of a day.
SELECT day, hours FROM history_hour
WHERE series_id = :series AND day >= :from AND day < :to ORDER BY day;
