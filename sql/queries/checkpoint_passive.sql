-- Returns whether it was blocked, the pages in the WAL, and the pages copied
-- to the file. Does not wait for readers or writers.
PRAGMA wal_checkpoint(PASSIVE);
