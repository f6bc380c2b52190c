-- Which Grafana dashboards are viewed most, and for how long?
-- minutes: while the dashboard had the focus.
SELECT labels ->> 'dashboard_name' AS dashboard,
       total(total) FILTER (WHERE family = 'grafana_analytics_sessions_total')
           AS sessions,
       round(10 * total(total) FILTER (
                 WHERE family =
                     'grafana_analytics_sessions_focused_seconds_total')
             / 60) / 10 AS minutes
FROM counter_totals
WHERE family IN ('grafana_analytics_sessions_total',
                 'grafana_analytics_sessions_focused_seconds_total')
GROUP BY labels ->> 'dashboard_name'
ORDER BY minutes DESC, sessions DESC, dashboard
LIMIT 30;
