-- The series of a counter, a gauge or an untyped family, for a scrape.
SELECT labels, value
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
