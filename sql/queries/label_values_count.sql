-- How many values one label of a family has, `other` left out.
SELECT count(DISTINCT series.labels ->> :label)
FROM series JOIN family ON family.id = series.family_id
WHERE family.name = :family AND series.labels ->> :label <> 'other';
