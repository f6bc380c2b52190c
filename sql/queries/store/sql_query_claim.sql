-- Changes nothing while the query is not due: it is running, or has run less
-- than :every ago. A run that has not ended by :claimed_until has failed; a run
-- that started after now was claimed before the clock was set back.
UPDATE sql_query SET started_at = :now, claimed_until = :until
WHERE name = :name
  AND (started_at > :now
       OR iif(claimed_until > 0, claimed_until, started_at + :every) <= :now);
