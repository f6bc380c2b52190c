-- The current counts behind the limits of the configuration.
SELECT (SELECT count(*) FROM family WHERE open = 1) AS open_families,
       (SELECT value FROM meta WHERE key = 'open_series') AS open_series,
       (SELECT value FROM meta WHERE key = 'pushers') AS pushers,
       (SELECT count(*) FROM session_label_set) AS session_label_sets;
