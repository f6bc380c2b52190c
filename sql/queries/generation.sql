SELECT value,
       (SELECT value FROM meta WHERE key = 'open_generation'),
       (SELECT value FROM meta WHERE key = 'open_series')
FROM meta WHERE key = 'generation';
