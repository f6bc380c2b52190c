SELECT at, value FROM history_step
WHERE series_id = :series AND at >= :from AND at < :to ORDER BY at;
