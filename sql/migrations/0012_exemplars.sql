-- Keys of pushes, the start of running totals, and exemplars. The recreated
-- table gets the text of schema.sql; foreign views must not make it fail.
PRAGMA legacy_alter_table = ON;

DROP INDEX IF EXISTS pusher_seen_at;
DROP TRIGGER IF EXISTS series_gone;

ALTER TABLE pusher RENAME TO pusher_11;

CREATE TABLE pusher (
    family_id INTEGER NOT NULL REFERENCES family (id),
    labels    TEXT NOT NULL,
    pusher    TEXT NOT NULL,
    series    TEXT,
    value     REAL NOT NULL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    epoch     INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (family_id, labels, pusher)
) STRICT, WITHOUT ROWID;

CREATE INDEX pusher_seen_at ON pusher (seen_at);

INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,
                    buckets, epoch, seen_at)
SELECT family_id, labels, pusher, series, value, sum, count, buckets, 0,
       seen_at
FROM pusher_11;

DROP TABLE pusher_11;

PRAGMA legacy_alter_table = OFF;

CREATE TABLE push_key (
    key     BLOB PRIMARY KEY CHECK (length(key) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX push_key_seen_at ON push_key (seen_at);

CREATE TABLE exemplar (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    bucket    INTEGER NOT NULL,
    labels    TEXT NOT NULL,
    value     REAL NOT NULL,
    time      REAL NOT NULL,
    PRIMARY KEY (series_id, bucket)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER series_gone AFTER DELETE ON series
BEGIN
    DELETE FROM total WHERE series_id = old.id;
    DELETE FROM exemplar WHERE series_id = old.id;
END;

PRAGMA user_version = 12;
