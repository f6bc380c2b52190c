-- What a scrape shows of the series of a counter, a gauge or what is untyped.
SELECT labels, value
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
