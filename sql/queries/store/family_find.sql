SELECT id, name, type, help, unit, bounds, zeroed, open FROM family
WHERE name = :name;
