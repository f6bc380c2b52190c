-- The families that pushes have added, where there is something of them to
-- show.
SELECT id, name, type, help, unit, bounds FROM family
WHERE open = 1
  AND EXISTS (SELECT 1 FROM series WHERE series.family_id = family.id)
ORDER BY name;
