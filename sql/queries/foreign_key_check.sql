-- A row for each dangling reference.
PRAGMA foreign_key_check;
