-- The last time up to :time, whether it had the focus, and the first time after
-- :time; each may be NULL. A join would be slower: SQLite would make a
-- temporary table.
SELECT (SELECT time FROM session_time
        WHERE session_id = :session AND time <= :time
        ORDER BY time DESC LIMIT 1),
       (SELECT focused FROM session_time
        WHERE session_id = :session AND time <= :time
        ORDER BY time DESC LIMIT 1),
       (SELECT time FROM session_time
        WHERE session_id = :session AND time > :time ORDER BY time LIMIT 1);
