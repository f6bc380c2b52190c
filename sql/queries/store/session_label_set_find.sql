SELECT id FROM session_label_set WHERE labels = :labels;
