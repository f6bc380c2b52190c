-- The number of open sessions by label set. Open sessions have an index of
-- their own, so sessions that are over cost nothing.
SELECT labels, n FROM (
    SELECT label_set_id, count(*) AS n FROM session
    WHERE open_until > :now GROUP BY label_set_id
)
JOIN session_label_set ON session_label_set.id = label_set_id
ORDER BY labels;
