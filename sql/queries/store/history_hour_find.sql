SELECT hours FROM history_hour WHERE series_id = :id AND day = :at;
