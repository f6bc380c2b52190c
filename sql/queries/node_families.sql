SELECT id, name, type, help, unit, bounds FROM family ORDER BY name;
