-- One file without a WAL beside it, which can be copied and read anywhere.
PRAGMA journal_mode = DELETE;
