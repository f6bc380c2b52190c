SELECT count(*) FROM series WHERE family_id = :family;
