UPDATE meta SET value = value + 1 WHERE key = 'generation';
