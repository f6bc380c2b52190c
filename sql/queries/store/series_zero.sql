-- Restarts a series: sets its birth. total_zero.sql sets its totals.
UPDATE series SET created_at = :now WHERE id = :id;
