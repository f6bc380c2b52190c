-- Leaves one file without a WAL, which can be copied and read anywhere.
PRAGMA journal_mode = DELETE;
