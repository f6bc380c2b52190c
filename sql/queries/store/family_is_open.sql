SELECT open FROM family WHERE id = :id;
