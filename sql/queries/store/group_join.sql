-- Keeps a series in its group if it has one.
UPDATE series SET group_id = :group WHERE id = :id AND group_id IS NULL;
