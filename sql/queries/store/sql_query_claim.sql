-- Changes nothing while the query is not due: it runs, or has run a short while
-- ago. A run that has not ended by :claimed_until never will, and one that began
-- after now is of a clock that went back.
UPDATE sql_query SET started_at = :now, claimed_until = :until
WHERE name = :name
  AND (started_at > :now
       OR iif(claimed_until > 0, claimed_until, started_at + :every) <= :now);
