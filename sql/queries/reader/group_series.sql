-- The series of a group; NULL: the series without a group.
SELECT family.id, series.labels, total.value, total.sum, total.count,
       total.buckets, series.created_at, total.updated_at
FROM series
JOIN family ON family.id = series.family_id
JOIN total ON total.series_id = series.id
WHERE series.group_id IS :group
ORDER BY family.name, series.labels;
