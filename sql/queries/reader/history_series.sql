-- The series of a family with their current totals and their marks; the columns
-- of a missing mark are NULL.
SELECT series.id, labels, created_at, updated_at,
       total.value, total.sum, total.count, total.buckets,
       mark.series_id, mark.value, mark.sum, mark.count, mark.buckets,
       (SELECT value FROM meta WHERE key = 'history_since')
FROM series
JOIN total ON total.series_id = series.id
LEFT JOIN history_mark AS mark ON mark.series_id = series.id
WHERE family_id = :family ORDER BY labels;
