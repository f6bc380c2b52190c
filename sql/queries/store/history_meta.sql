SELECT (SELECT value FROM meta WHERE key = 'history_bytes'),
       (SELECT value FROM meta WHERE key = 'history_counted'),
       (SELECT value FROM meta WHERE key = 'history_next'),
       (SELECT value FROM meta WHERE key = 'history_clock'),
       (SELECT value FROM meta WHERE key = 'history_ahead'),
       (SELECT value FROM meta WHERE key = 'history_step_since'),
       (SELECT value FROM meta WHERE key = 'history_hour_since'),
       (SELECT value FROM meta WHERE key = 'history_day_since');
