-- The series of a group, of NULL those without one.
SELECT family.id, series.labels, series.value, series.sum, series.count,
       series.buckets, series.created_at, series.updated_at
FROM series JOIN family ON family.id = series.family_id
WHERE series.group_id IS :group
ORDER BY family.name, series.labels;
