-- A commit returns when it is on disk.
PRAGMA synchronous = FULL;
