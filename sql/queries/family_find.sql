SELECT id, type, help, unit, bounds FROM family WHERE name = :name;
