SELECT id, labels FROM series
WHERE family_id = :family AND updated_at < :horizon ORDER BY id;
