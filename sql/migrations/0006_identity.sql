-- Which node's totals these are, and what was added to them as a whole.

-- identity: by which another database knows that it has these totals already.
--           A backup has that of its original.
INSERT INTO meta (key, value)
VALUES ('identity', lower(hex(randomblob(16))));

-- Each is added once.
-- key: `node:` and the identity of another database, or `text:` and a hash of
--      an exposition.
CREATE TABLE origin (
    key      TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 6;
