SELECT name, started_at, runs, errors, succeeded_at, seconds, error
FROM sql_query ORDER BY name;
