-- The series restarts at zero.
DELETE FROM history_mark WHERE series_id = :id;
