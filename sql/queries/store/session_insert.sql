-- An unknown timeout (0), and the time until which an ended session is open,
-- are NULL.
INSERT INTO session (uuid, label_set_id, timeout_ms, capped, heartbeat, ended,
                     measured, sum_ms, focused_ms, counted_ms,
                     counted_focused_ms, seen_at, open_until)
VALUES (:uuid, :label_set, nullif(:timeout, 0), :capped, :heartbeat, :ended,
        :measured, :sum, :focused, :counted, :counted_focused, :now,
        iif(:ended, NULL, :open_until));
