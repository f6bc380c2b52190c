UPDATE session SET measured = 1, open_until = NULL WHERE id = :id;
