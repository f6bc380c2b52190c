UPDATE meta SET value = value + :n WHERE key = :key;
