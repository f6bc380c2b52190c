-- The first session that is over without an end message.
SELECT session.id, dashboard, counted_ms, measured
FROM session
JOIN session_label_set ON session_label_set.id = session.label_set_id
WHERE open_until <= :now ORDER BY open_until LIMIT 1;
