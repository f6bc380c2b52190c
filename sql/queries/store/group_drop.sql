-- Deletes the series of a family in a group, by the group, which is the smaller
-- set.
DELETE FROM series WHERE group_id = :group AND +family_id = :family;
