-- Whose totals a database has: its own, and those that were merged into it.
SELECT 'node:' || value FROM meta WHERE key = 'identity'
UNION ALL
SELECT key FROM origin WHERE key LIKE 'node:%';
