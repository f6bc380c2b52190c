-- The time when the source was added; 0 for this database itself.
SELECT 0 FROM meta WHERE key = 'identity' AND 'node:' || value = :key
UNION ALL
SELECT added_at FROM origin WHERE key = :key
LIMIT 1;
