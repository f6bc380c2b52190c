SELECT value,
       (SELECT value FROM meta WHERE key = 'open_generation'),
       (SELECT value FROM meta WHERE key = 'open_series'),
       (SELECT value FROM meta WHERE key = 'pushers')
FROM meta WHERE key = 'generation';
