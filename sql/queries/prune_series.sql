-- Series without totals count as not pushed for long.
SELECT id, labels FROM series LEFT JOIN total ON total.series_id = series.id
WHERE family_id = :family AND coalesce(updated_at, 0) < :horizon ORDER BY id;
