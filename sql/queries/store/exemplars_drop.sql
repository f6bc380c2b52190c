-- The series restarts, see series_zero.
DELETE FROM exemplar WHERE series_id = :id;
