-- The families that pushes have added and that have series.
SELECT id, name, type, help, unit, bounds FROM family
WHERE open = 1
  AND EXISTS (SELECT 1 FROM series WHERE series.family_id = family.id)
ORDER BY name;
