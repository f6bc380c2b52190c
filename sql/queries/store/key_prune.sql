-- A few at a time, oldest first: every turn with a key deletes some.
DELETE FROM push_key WHERE key IN (
    SELECT key FROM push_key WHERE seen_at < :horizon ORDER BY seen_at LIMIT 100
);
