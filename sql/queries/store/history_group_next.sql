-- The series of a family in a group, one by one by id.
SELECT id FROM series
WHERE group_id = :group AND +family_id = :family AND id > :after
ORDER BY id LIMIT 1;
