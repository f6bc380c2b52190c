-- The start of the history, its approximate size, and the number of totals
-- that are not written yet.
SELECT (SELECT value FROM meta WHERE key = 'history_since'),
       (SELECT value FROM meta WHERE key = 'history_bytes'),
       (SELECT count(*) FROM history_due);
