SELECT count(*), sum(coalesce(length(hours), 0)) FROM history_hour
WHERE series_id = :id;
