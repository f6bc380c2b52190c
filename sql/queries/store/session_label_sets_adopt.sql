-- Adds the label sets of sessions that another node has counted. `dashboard`
-- keeps only the labels of the dashboard.
INSERT OR IGNORE INTO session_label_set (labels, dashboard)
SELECT labels, json_remove(labels, '$.dashboard_timezone', '$.grafana_env',
    '$.grafana_host', '$.user_locale', '$.user_login', '$.user_name',
    '$.user_role', '$.user_theme', '$.user_timezone')
FROM series WHERE family_id = :family AND json_valid(labels) ORDER BY id;
