-- What a scrape shows of the series of a summary.
SELECT labels, created_at, sum, count
FROM series WHERE family_id = :family ORDER BY labels;
