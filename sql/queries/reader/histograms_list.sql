-- The series of a histogram, for a scrape.
SELECT labels, sum, buckets
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
