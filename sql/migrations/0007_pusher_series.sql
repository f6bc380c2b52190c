-- Programs whose running totals count together as `other` are told apart.

-- labels:  those that were pushed.
-- series:  the labels of the series that the totals were added to last; NULL
--          when they are the same.
ALTER TABLE pusher ADD COLUMN series TEXT;

PRAGMA user_version = 7;
