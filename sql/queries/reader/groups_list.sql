SELECT id, labels, pushed_at, failed_at FROM push_group ORDER BY labels;
