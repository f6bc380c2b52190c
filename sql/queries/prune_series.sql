SELECT id FROM series
WHERE family_id = :family AND updated_at < :horizon ORDER BY id;
