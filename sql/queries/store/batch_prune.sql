-- A few at a time: every turn with a batch id deletes some.
DELETE FROM batch WHERE id IN (
    SELECT id FROM batch WHERE id < :horizon ORDER BY id LIMIT 100
);
