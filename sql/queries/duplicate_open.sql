-- For a file that is being made and counts for nothing before it is whole.
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
