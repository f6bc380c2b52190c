SELECT started_at, claimed_until, error FROM sql_query WHERE name = :name;
