-- Copies the content of the WAL into the file.
PRAGMA wal_checkpoint(FULL);
