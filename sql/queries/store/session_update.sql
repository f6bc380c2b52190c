-- NULL as in session_insert; an upsert in place of both is slower.
UPDATE session SET
    timeout_ms = nullif(:timeout, 0), capped = :capped,
    heartbeat = :heartbeat, ended = :ended, measured = :measured,
    sum_ms = :sum, focused_ms = :focused, counted_ms = :counted,
    counted_focused_ms = :counted_focused, seen_at = :now,
    open_until = iif(:ended, NULL, :open_until)
WHERE id = :id;
