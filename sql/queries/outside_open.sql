-- For a connection that runs a query of an allowlist file. Sorting uses files,
-- whose size is bounded; the cache has 8 MiB.
PRAGMA query_only = 1;
PRAGMA mmap_size = 0;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -8192;
