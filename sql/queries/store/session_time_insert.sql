INSERT INTO session_time (session_id, time, focused)
VALUES (:session, :time, :focused);
