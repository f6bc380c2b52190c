-- Families that no file lists, further types, and programs that push running
-- totals. A column cannot lose its NOT NULL, nor a table its CHECK: both tables
-- are made anew, with the ids that responders remember. Foreign keys are not
-- enforced meanwhile; views that somebody else has made must not stop it.
PRAGMA legacy_alter_table = ON;

DROP VIEW gauge_values;
DROP VIEW family_summary;

-- bounds:  a JSON array of upper bounds without +Inf, for histograms only.
-- zeroed:  a hash of the labels and values for whose combinations all rows were
--          made, so that they need not be looked for at each load; 0 is none.
-- open:    1 when no file lists the family: a push has added it.
CREATE TABLE family_new (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT NOT NULL UNIQUE,
    type   TEXT NOT NULL CHECK (type IN ('counter', 'gauge', 'histogram',
                                         'summary', 'untyped')),
    help   TEXT NOT NULL,
    unit   TEXT NOT NULL,
    zeroed INTEGER NOT NULL DEFAULT 0,
    open   INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    bounds TEXT CHECK ((bounds IS NOT NULL) = (type = 'histogram'))
) STRICT;

INSERT INTO sqlite_sequence (name, seq)
SELECT 'family_new', seq FROM sqlite_sequence WHERE name = 'family';

INSERT INTO family_new (id, name, type, help, unit, zeroed, bounds)
SELECT id, name, type, help, unit, zeroed, bounds FROM family ORDER BY id;

DROP TABLE family;
ALTER TABLE family_new RENAME TO family;

-- labels:  a JSON object with sorted keys and no white space, so that a label
--          set has one spelling.
-- value:   the total of a counter, the value of a gauge or an untyped series;
--          NULL, for the latter two, is not a number.
-- sum, count: of a histogram or a summary.
-- buckets: of a histogram, a JSON array of plain (not cumulative) counts, one
--          more than the family has bounds.
-- count:   for a gauge or an untyped series, how many values it was made of:
--          0 says never set.
-- Times are in Unix seconds. An id is never used again (AUTOINCREMENT), so a
-- responder may remember it.
CREATE TABLE series_new (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    value      REAL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (family_id, labels)
) STRICT;

INSERT INTO sqlite_sequence (name, seq)
SELECT 'series_new', seq FROM sqlite_sequence WHERE name = 'series';

INSERT INTO series_new (id, family_id, labels, value, sum, count, buckets,
                        created_at, updated_at)
SELECT id, family_id, labels, value, sum, count, buckets, created_at,
       updated_at
FROM series ORDER BY id;

DROP TABLE series;
ALTER TABLE series_new RENAME TO series;

PRAGMA legacy_alter_table = OFF;

-- The last running totals of each series of a cumulative family, by the process
-- that has pushed them: the next push adds what they have grown by.
-- labels:  those of the series, as there.
-- pusher:  the labels that identify the process, likewise.
-- seen_at: when it has last pushed, in Unix seconds.
CREATE TABLE pusher (
    family_id INTEGER NOT NULL REFERENCES family (id),
    labels    TEXT NOT NULL,
    pusher    TEXT NOT NULL,
    value     REAL NOT NULL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (family_id, labels, pusher)
) STRICT, WITHOUT ROWID;

CREATE INDEX pusher_seen_at ON pusher (seen_at);

-- open_generation: counts how often an open family came or went, or series of
--                  one went; a responder that knows an older one reads them anew.
-- open_series:     how many rows of `series` belong to open families.
-- pushers:         how many rows `pusher` has.
INSERT INTO meta (key, value)
VALUES ('open_generation', 1), ('open_series', 0), ('pushers', 0);

-- A gauge that was never set is left out here. NULL is not a number.
CREATE VIEW gauge_values AS
SELECT family.name AS family,
       series.labels AS labels,
       series.value AS value,
       datetime(series.updated_at, 'unixepoch') AS updated
FROM family JOIN series ON series.family_id = family.id
WHERE family.type IN ('gauge', 'untyped') AND series.count > 0;

CREATE VIEW summary_means AS
SELECT family.name AS family,
       series.labels AS labels,
       series.count AS count,
       series.sum AS sum,
       iif(series.count > 0, series.sum / series.count, NULL) AS mean,
       datetime(series.updated_at, 'unixepoch') AS updated
FROM family JOIN series ON series.family_id = family.id
WHERE family.type = 'summary';

-- One row for each family: how many series it has, the sum of its totals
-- (counters) or how many observations (histograms, summaries), and the last
-- change.
CREATE VIEW family_summary AS
SELECT family.name AS family,
       family.type AS type,
       count(series.id) AS series,
       CASE WHEN family.type = 'counter' THEN sum(series.value)
            WHEN family.type IN ('histogram', 'summary')
            THEN sum(series.count) END AS total,
       datetime(max(series.updated_at), 'unixepoch') AS updated,
       family.help AS help
FROM family LEFT JOIN series ON series.family_id = family.id
GROUP BY family.id;

PRAGMA user_version = 4;
