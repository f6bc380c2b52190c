SELECT time, focused FROM session_time
WHERE session_id = :session ORDER BY time LIMIT :limit;
