-- A few at a time, the oldest first: every turn with a key pays for a little of
-- it.
DELETE FROM push_key WHERE key IN (
    SELECT key FROM push_key WHERE seen_at < :horizon ORDER BY seen_at LIMIT 100
);
