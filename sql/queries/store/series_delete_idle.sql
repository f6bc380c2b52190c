-- Keeps a series that was pushed in the meantime.
DELETE FROM series
WHERE id = :id AND family_id = :family AND NOT EXISTS (
    SELECT 1 FROM total WHERE series_id = id AND updated_at >= :horizon
);
