-- The series of a gauge that are set, or show the zero of one that never was.
SELECT id FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family AND (count > 0 OR value IS NOT NULL);
