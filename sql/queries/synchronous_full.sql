-- A commit is on the disk when it returns.
PRAGMA synchronous = FULL;
