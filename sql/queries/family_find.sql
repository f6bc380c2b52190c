SELECT id, type, help, unit, bounds, zeroed FROM family WHERE name = :name;
