SELECT id FROM series WHERE family_id = :family AND labels = :labels;
