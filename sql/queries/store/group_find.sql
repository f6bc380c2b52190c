SELECT id FROM push_group WHERE labels = :labels;
