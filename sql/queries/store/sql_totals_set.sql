-- The series of a gauge that have a value, or the 0 that a scrape shows before
-- the first value.
SELECT id FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family AND (count > 0 OR value IS NOT NULL);
