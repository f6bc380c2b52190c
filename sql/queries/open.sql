-- For each connection that writes.
-- For a fresh file, before anything is in it: with pages of 4096 bytes, the
-- default of SQLite, commits that touch many series take longer.
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
-- A commit is not synced: where it must outlive a power cut, the store syncs
-- the WAL file itself, without keeping the other responders waiting.
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
-- After a long reader let go, the WAL file shrinks to this at the next reset.
PRAGMA journal_size_limit = 16777216;
