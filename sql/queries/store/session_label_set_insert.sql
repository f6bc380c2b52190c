INSERT INTO session_label_set (labels, dashboard) VALUES (:labels, :dashboard);
