DELETE FROM series WHERE id = :id;
