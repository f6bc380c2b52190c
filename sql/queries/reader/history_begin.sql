-- Since when the history has all periods of a level: since it is kept, and what
-- was deleted of the level. NULL when none is kept.
SELECT max(begun.value,
           coalesce((SELECT value FROM meta WHERE key = :key), 0))
FROM meta AS begun
WHERE begun.key = 'history_since' AND begun.value > 0;
