-- The time since which all periods of a level are in the history: the start of
-- the history, or the end of the level's deleted periods. NULL if there is no
-- history.
SELECT max(begun.value,
           coalesce((SELECT value FROM meta WHERE key = :key), 0))
FROM meta AS begun
WHERE begun.key = 'history_since' AND begun.value > 0;
