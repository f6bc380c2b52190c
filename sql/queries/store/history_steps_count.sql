SELECT count(*), sum(coalesce(length(value), 0)) FROM history_step
WHERE series_id = :id;
