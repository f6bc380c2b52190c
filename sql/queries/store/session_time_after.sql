SELECT time FROM session_time
WHERE session_id = :session AND time > :time ORDER BY time LIMIT 1;
