UPDATE session SET
    timeout_ms = :timeout, capped = :capped, heartbeat = :heartbeat,
    ended = :ended, measured = :measured, sum_ms = :sum,
    focused_ms = :focused, counted_ms = :counted,
    counted_focused_ms = :counted_focused, seen_at = :now,
    open_until = :open_until
WHERE id = :id;
