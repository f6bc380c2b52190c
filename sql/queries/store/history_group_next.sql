-- The series of a family in a group, one after the other by their ids.
SELECT id FROM series
WHERE group_id = :group AND +family_id = :family AND id > :after
ORDER BY id LIMIT 1;
