-- A session with many times is deleted in parts; from now on it is not found by
-- its uuid.
UPDATE session SET uuid = NULL WHERE id = :id AND uuid IS NOT NULL;
