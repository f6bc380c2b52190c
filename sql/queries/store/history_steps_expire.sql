DELETE FROM history_step WHERE series_id = :id AND at < :since;
