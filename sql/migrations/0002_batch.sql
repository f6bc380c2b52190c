-- The ids of the batches that were counted, so that a batch which is sent again
-- is counted once. An id is a UUIDv7, which begins with its time: old ids stand
-- together at the front and are forgotten from there.
CREATE TABLE batch (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
