-- The number of label sets: rows are never deleted.
SELECT max(id) FROM session_label_set;
