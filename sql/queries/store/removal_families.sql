SELECT id, name, open FROM family ORDER BY id;
