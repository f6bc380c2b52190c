-- The next copy to write of the series :from to :to, with the mark.
SELECT due.series_id, due.at, family.type, series.created_at,
       due.value, due.sum, due.count, due.buckets,
       mark.value, mark.sum, mark.count, mark.buckets
FROM history_due AS due
LEFT JOIN series ON series.id = due.series_id
LEFT JOIN family ON family.id = series.family_id
LEFT JOIN history_mark AS mark ON mark.series_id = due.series_id
WHERE due.series_id BETWEEN :from AND :to
ORDER BY due.series_id, due.at LIMIT 1;
