-- The families with series in a group.
SELECT id, name, open FROM family
WHERE id IN (SELECT family_id FROM series WHERE group_id = :group)
ORDER BY id;
