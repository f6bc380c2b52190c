-- What a scrape shows of the series of a counter, a gauge or what is untyped.
SELECT labels, created_at, value
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
