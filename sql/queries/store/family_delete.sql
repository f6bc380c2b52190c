-- Keeps a family that has series.
DELETE FROM family WHERE id = :id AND NOT EXISTS (
    SELECT 1 FROM series WHERE series.family_id = family.id
);
