-- For a new file that is worthless until it is complete: no journal, no sync.
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
