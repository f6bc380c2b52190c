-- What meta has of open families and of pushers.
SELECT (SELECT value FROM meta WHERE key = 'open_generation'),
       (SELECT value FROM meta WHERE key = 'open_series'),
       (SELECT value FROM meta WHERE key = 'pushers');
