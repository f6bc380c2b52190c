-- At which hours of the day (UTC) are Grafana dashboards opened?
-- From remembered sessions: sessions.keep_hours after their last message they
-- are deleted. The view counter_by_hour has the hours of counters.
WITH opened AS (
    SELECT session.counted_ms AS ms,
           (SELECT min(time) FROM session_time
            WHERE session_id = session.id) / 1000 AS seconds
    FROM session
    WHERE session.uuid IS NOT NULL
)
SELECT strftime('%H:00', seconds, 'unixepoch') AS hour,
       count(*) AS sessions,
       round(sum(ms) / 6000.0) / 10 AS minutes
FROM opened
WHERE seconds IS NOT NULL
GROUP BY hour
ORDER BY sessions DESC, hour;
