-- How many sessions are open, by label set. What is open stands in an index of
-- its own, so that those that are over cost nothing.
SELECT labels, n FROM (
    SELECT label_set_id, count(*) AS n FROM session
    WHERE open_until > :now GROUP BY label_set_id
)
JOIN session_label_set ON session_label_set.id = label_set_id
ORDER BY labels;
