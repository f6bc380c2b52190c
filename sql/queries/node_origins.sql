-- The origins of the totals in a database: its own, and the merged ones.
SELECT 'node:' || value FROM meta WHERE key = 'identity'
UNION ALL
SELECT key FROM origin WHERE key LIKE 'node:%';
