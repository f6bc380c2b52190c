-- The last time up to :time, whether it had the focus, and the first time after
-- it; each may be NULL. A join would cost more: it makes a table of its own.
SELECT (SELECT time FROM session_time
        WHERE session_id = :session AND time <= :time
        ORDER BY time DESC LIMIT 1),
       (SELECT focused FROM session_time
        WHERE session_id = :session AND time <= :time
        ORDER BY time DESC LIMIT 1),
       (SELECT time FROM session_time
        WHERE session_id = :session AND time > :time ORDER BY time LIMIT 1);
