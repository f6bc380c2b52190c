-- The last time up to :time, and the first after it; each may be NULL.
SELECT before.time, before.focused,
       (SELECT time FROM session_time
        WHERE session_id = :session AND time > :time ORDER BY time LIMIT 1)
FROM (SELECT 1)
LEFT JOIN (
    SELECT time, focused FROM session_time
    WHERE session_id = :session AND time <= :time ORDER BY time DESC LIMIT 1
) AS before;
