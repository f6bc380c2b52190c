-- The number of values of a label of a family, without `other`.
SELECT count(DISTINCT series.labels ->> :label)
FROM series JOIN family ON family.id = series.family_id
WHERE family.name = :family AND series.labels ->> :label <> 'other';
