-- Unless the series belongs to a group already.
UPDATE series SET group_id = :group WHERE id = :id AND group_id IS NULL;
