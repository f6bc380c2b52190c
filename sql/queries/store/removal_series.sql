SELECT id, family_id FROM series WHERE group_id = :group;
