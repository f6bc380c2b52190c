-- Which Grafana dashboards does nobody open (any more)?
-- Longest not opened first. A dashboard that was not opened since Tallyman
-- counts is not known here: compare with the list that Grafana has. last_used
-- is the last message of a session, in UTC.
SELECT labels ->> 'dashboard_name' AS dashboard,
       labels ->> 'dashboard_uid' AS uid,
       sum(total) AS sessions,
       date(max(updated)) AS last_used
FROM counter_totals
WHERE family = 'grafana_analytics_sessions_total'
GROUP BY labels ->> 'dashboard_name', labels ->> 'dashboard_uid'
ORDER BY max(updated), sessions, dashboard
LIMIT 30;
