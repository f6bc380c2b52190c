-- At which hours of the day (UTC) are Grafana dashboards opened?
-- This needs history, and the file has none but of Grafana sessions, for
-- sessions.keep_hours after their last message. Of everything else it has the
-- totals of now: their history is in Prometheus, such as
-- sum(increase(usage_total[1h])).
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
