DELETE FROM session_time WHERE session_id = :session AND time IN (
    SELECT time FROM session_time WHERE session_id = :session
    ORDER BY time LIMIT :limit
);
