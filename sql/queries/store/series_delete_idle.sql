-- Unless it was pushed meanwhile.
DELETE FROM series
WHERE id = :id AND family_id = :family AND updated_at < :horizon;
