DELETE FROM history_due WHERE series_id = :id AND at = :at;
