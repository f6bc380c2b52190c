-- Sets a counter above its values here and in the live database.
UPDATE meta SET value = max(CAST(value AS INTEGER), :live) + 1 WHERE key = :key;
