-- The series of a summary, for a scrape.
SELECT labels, sum, count
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
