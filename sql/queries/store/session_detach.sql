-- A session with more times than can go at once is not found any more.
UPDATE session SET uuid = NULL WHERE id = :id AND uuid IS NOT NULL;
