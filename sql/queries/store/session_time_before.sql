-- The neighbour of a time, or the time itself.
SELECT time, focused FROM session_time
WHERE session_id = :session AND time <= :time ORDER BY time DESC LIMIT 1;
