-- A series without totals counts as idle.
SELECT id, labels FROM series LEFT JOIN total ON total.series_id = series.id
WHERE family_id = :family AND coalesce(updated_at, 0) < :horizon ORDER BY id;
