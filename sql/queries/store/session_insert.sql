INSERT INTO session (uuid, label_set_id, timeout_ms, capped, heartbeat, ended,
                     measured, sum_ms, focused_ms, counted_ms,
                     counted_focused_ms, seen_at, open_until)
VALUES (:uuid, :label_set, :timeout, :capped, :heartbeat, :ended, :measured,
        :sum, :focused, :counted, :counted_focused, :now, :open_until);
