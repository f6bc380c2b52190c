-- How many there are.
SELECT max(id) FROM session_label_set;
