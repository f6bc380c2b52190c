UPDATE series SET group_id = NULL WHERE group_id = :group;
