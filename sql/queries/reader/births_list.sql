-- The columns of any family that a scrape shows, with births. They are in the
-- table of the series, of which the other lists read only the index.
SELECT labels, created_at, value, sum, count, buckets
FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family ORDER BY labels;
