SELECT day, value FROM history_day
WHERE series_id = :series AND day >= :from AND day < :to ORDER BY day;
