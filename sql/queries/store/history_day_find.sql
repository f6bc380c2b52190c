SELECT value FROM history_day WHERE series_id = :id AND day = :at;
