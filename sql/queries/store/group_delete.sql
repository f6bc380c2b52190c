DELETE FROM push_group WHERE id = :id;
