-- The rows of meta about open families, pushers and groups.
SELECT (SELECT value FROM meta WHERE key = 'open_generation'),
       (SELECT value FROM meta WHERE key = 'open_series'),
       (SELECT value FROM meta WHERE key = 'pushers'),
       (SELECT value FROM meta WHERE key = 'groups');
