-- A row for each row that points to one that is not there.
PRAGMA foreign_key_check;
