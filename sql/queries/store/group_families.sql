-- The families of the series of a group.
SELECT id, name, open FROM family
WHERE id IN (SELECT family_id FROM series WHERE group_id = :group)
ORDER BY id;
