-- What a scrape shows of the series of a summary.
SELECT labels, sum, count
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
