-- A query that has not run yet.
INSERT INTO sql_query (name, started_at, claimed_until, runs, errors,
                       succeeded_at, seconds)
VALUES (:name, 0, 0, 0, 0, 0, 0)
ON CONFLICT DO NOTHING;
