-- The series restart, see group_zero.
DELETE FROM exemplar WHERE series_id IN (
    SELECT id FROM series WHERE group_id = :group AND +family_id = :family
);
