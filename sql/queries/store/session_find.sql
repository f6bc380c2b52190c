SELECT session.id, labels, dashboard, label_set_id, timeout_ms, capped,
       heartbeat, ended, measured, sum_ms, focused_ms, counted_ms,
       counted_focused_ms
FROM session
JOIN session_label_set ON session_label_set.id = session.label_set_id
WHERE uuid = :uuid;
