-- The number of times of a session, at most :limit, and the sums of the gaps
-- between them, each at most :timeout: of all gaps, and of those with the
-- focus.
SELECT count(*), sum(gap), sum(gap) FILTER (WHERE focused)
FROM (
    SELECT focused,
           min(lead(time) OVER (ORDER BY time) - time, :timeout) AS gap
    FROM (
        SELECT time, focused FROM session_time
        WHERE session_id = :session ORDER BY time LIMIT :limit
    )
);
