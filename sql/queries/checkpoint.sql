-- Brings what the log holds into the file itself.
PRAGMA wal_checkpoint(FULL);
