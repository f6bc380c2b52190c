-- The totals. One row in `family` for each metric family that was ever listed,
-- one row in `series` for each label set of a family.

PRAGMA application_id = 0x54616C79; -- "Taly"

-- What the responders agree on. The key `generation` counts how often a family
-- has been redefined; a responder that has loaded an older one must not add to
-- the totals before it has loaded its configuration anew.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('generation', 1);

-- bounds:  a JSON array of upper bounds without +Inf, for histograms only.
-- zeroed:  a hash of the labels and values for whose combinations all rows were
--          made, so that they need not be looked for at each load; 0 is none.
CREATE TABLE family (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT NOT NULL UNIQUE,
    type   TEXT NOT NULL CHECK (type IN ('counter', 'gauge', 'histogram')),
    help   TEXT NOT NULL,
    unit   TEXT NOT NULL,
    zeroed INTEGER NOT NULL DEFAULT 0,
    bounds TEXT CHECK ((bounds IS NOT NULL) = (type = 'histogram'))
) STRICT;

-- labels:  a JSON object with sorted keys and no white space, so that a label
--          set has one spelling.
-- value:   the total of a counter, the value of a gauge.
-- sum, count, buckets: of a histogram. buckets is a JSON array of plain (not
--          cumulative) counts, one more than the family has bounds.
-- count:   for a gauge, how many values it was made of: 0 says never set.
-- Times are in Unix seconds. An id is never used again (AUTOINCREMENT), so a
-- responder may remember it.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    value      REAL NOT NULL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (family_id, labels)
) STRICT;

PRAGMA user_version = 1;
