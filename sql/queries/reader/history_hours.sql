-- :from is when a day began.
SELECT day, hours FROM history_hour
WHERE series_id = :series AND day >= :from AND day < :to ORDER BY day;
