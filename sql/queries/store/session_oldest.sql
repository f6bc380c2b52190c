-- The session that is forgotten next.
SELECT id FROM session
WHERE open_until IS NULL AND seen_at < :horizon ORDER BY seen_at LIMIT 1;
