SELECT count(*), sum(coalesce(length(value), 0)) FROM history_day
WHERE series_id = :id;
