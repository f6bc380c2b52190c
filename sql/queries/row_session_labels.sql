SELECT labels, dashboard FROM session_label_set;
