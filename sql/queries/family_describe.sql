SELECT id, name, type, help, unit, bounds FROM family WHERE name = :name;
