-- For each writing connection. For a new file, before its first page is
-- written: with SQLite's default of 4096 bytes, commits that touch many series
-- take longer.
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
-- SQLite does not sync commits. If they must survive a power cut, the store
-- syncs the WAL file itself, without blocking the other responders.
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
-- At the next reset after a long read the WAL file shrinks to this size.
PRAGMA journal_size_limit = 16777216;
