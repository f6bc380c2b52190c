DELETE FROM series WHERE family_id = :family;
