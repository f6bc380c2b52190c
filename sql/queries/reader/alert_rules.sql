-- The rules of alerts, in the order of their file.
SELECT name, query, condition, measured, unit, families, every_seconds,
       for_seconds, severity, text, evaluated_at, seconds, error, early
FROM alert_rule ORDER BY position, name;
