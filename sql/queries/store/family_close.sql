UPDATE family SET open = 0 WHERE id = :id;
