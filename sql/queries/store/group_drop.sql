-- The series of a family in a group: the group is the smaller set.
DELETE FROM series WHERE group_id = :group AND +family_id = :family;
