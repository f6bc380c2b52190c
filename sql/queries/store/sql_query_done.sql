-- A run has ended. :error is NULL if its values are in the totals.
UPDATE sql_query SET
    claimed_until = 0,
    runs = runs + 1,
    errors = errors + (:error IS NOT NULL),
    succeeded_at = iif(:error IS NULL, started_at, succeeded_at),
    seconds = :seconds,
    error = :error
WHERE name = :name;
