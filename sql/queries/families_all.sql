-- All families, with the columns of families_open.
SELECT id, name, type, help, unit, bounds FROM family ORDER BY id;
