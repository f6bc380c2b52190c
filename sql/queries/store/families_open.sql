-- The families that pushes have added.
SELECT id, name, type, help, unit, bounds FROM family WHERE open = 1
ORDER BY id;
