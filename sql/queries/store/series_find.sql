-- A series without totals counts as missing.
SELECT id FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family AND labels = :labels;
