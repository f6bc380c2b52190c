-- Which Grafana dashboards are no longer opened?
-- Those unused for longest come first. Dashboards that were never opened while
-- Tallyman counted are missing: compare with Grafana's list. last_used: last
-- message of a session, in UTC.
SELECT labels ->> 'dashboard_name' AS dashboard,
       labels ->> 'dashboard_uid' AS uid,
       sum(total) AS sessions,
       date(max(updated)) AS last_used
FROM counter_totals
WHERE family = 'grafana_analytics_sessions_total'
GROUP BY labels ->> 'dashboard_name', labels ->> 'dashboard_uid'
ORDER BY max(updated), sessions, dashboard
LIMIT 30;
