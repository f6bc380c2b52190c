-- The database of Tallyman, whole: what a fresh one is made with. An older one
-- gets here by the steps in migrations/; a change of the schema is a change here
-- and a step there.
--
-- Times are in Unix seconds where nothing else is said. Labels are a JSON object
-- with sorted keys and no white space, so that a label set has one spelling;
-- SQL reads one as labels ->> 'browser'.

PRAGMA application_id = 0x54616C79; -- "Taly"

-- --- What the responders agree on -------------------------------------------

-- generation:      counts how often a family has been redefined; a responder
--                  that has loaded an older one must not add to the totals before
--                  it has loaded its configuration anew.
-- open_generation: counts how often an open family came or went, or series of
--                  one went; a responder that knows an older one reads them anew.
-- open_series:     how many rows of `series` belong to open families.
-- pushers:         how many rows `pusher` has.
-- groups:          how many rows `push_group` has.
-- identity:        by which another database knows that it has these totals
--                  already. A backup has that of its original.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value)
VALUES ('generation', 1), ('open_generation', 1), ('open_series', 0),
       ('pushers', 0), ('groups', 0), ('identity', lower(hex(randomblob(16))));

-- --- The totals -------------------------------------------------------------

-- One row for each metric family that was ever listed, or that a push has added.
-- bounds: a JSON array of upper bounds without +Inf, for histograms only.
-- zeroed: a hash of the labels and values for whose combinations all rows were
--         made, so that they need not be looked for at each load; 0 is none.
-- open:   1 when no file lists the family: a push has added it.
CREATE TABLE family (
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

-- A group of series that programs push together: the labels of the path of a
-- push.
-- pushed_at, failed_at: when a push to the group was last taken, or refused;
--                       0 says never.
CREATE TABLE push_group (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    labels    TEXT NOT NULL UNIQUE,
    pushed_at REAL NOT NULL,
    failed_at REAL NOT NULL
) STRICT;

-- One row for each label set of a family. A push to a series that is there
-- changes nothing here. An id is never used again (AUTOINCREMENT), so a responder
-- may remember it.
-- created_at: when its totals began.
-- group_id:   the group that the series belongs to, the first that has pushed
--             it; NULL when there is none.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    group_id   INTEGER REFERENCES push_group (id),
    UNIQUE (family_id, labels)
) STRICT;

CREATE INDEX series_group_id ON series (group_id);

-- One row for each series: the part of it that every push changes. It is narrow,
-- so that the totals of a turn lie on few pages.
-- value:      the total of a counter, the value of a gauge or an untyped series;
--             NULL, for the latter two, is not a number.
-- sum, count: of a histogram or a summary.
-- buckets:    of a histogram, a JSON array of plain (not cumulative) counts, one
--             more than the family has bounds.
-- count:      for a gauge or an untyped series, how many values it was made of:
--             0 says never set.
CREATE TABLE total (
    series_id  INTEGER PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    value      REAL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

-- The last exemplar of each bucket of a series, of families that keep them: one
-- observation with the labels by which it is found in another system.
-- bucket: the index of its bucket, as in total.buckets; 0 for a counter.
-- labels: of the exemplar, not of the series.
-- value:  of the observation, or what was added to the counter.
-- time:   when it was observed; 0 says that it is not known.
CREATE TABLE exemplar (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    bucket    INTEGER NOT NULL,
    labels    TEXT NOT NULL,
    value     REAL NOT NULL,
    time      REAL NOT NULL,
    PRIMARY KEY (series_id, bucket)
) STRICT, WITHOUT ROWID;

-- For a person who deletes series in the sqlite3 shell, which does not enforce
-- foreign keys. The responders do, and run no triggers.
CREATE TRIGGER series_gone AFTER DELETE ON series
BEGIN
    DELETE FROM total WHERE series_id = old.id;
    DELETE FROM exemplar WHERE series_id = old.id;
END;

-- The last running totals of each series, by the process that has pushed them:
-- the next push adds what they have grown by. Programs whose running totals
-- count together as `other` are told apart.
-- labels:  those that were pushed.
-- pusher:  the labels that identify the process.
-- series:  the labels of the series that the totals were added to last; NULL
--          when they are the same.
-- epoch:   when the totals began, in Unix nanoseconds; 0 says that it is not
--          known.
-- seen_at: when it has last pushed.
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

-- --- What is counted once ---------------------------------------------------

-- The ids of the batches that were counted, so that a batch which is sent again
-- is counted once. An id is a UUIDv7, which begins with its time: old ids stand
-- together at the front and are forgotten from there.
CREATE TABLE batch (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

-- The keys of the pushes that were counted, where a client has sent one: it
-- chooses them, so they are forgotten by the time when they came.
-- key: a hash of what the client has sent.
CREATE TABLE push_key (
    key     BLOB PRIMARY KEY CHECK (length(key) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX push_key_seen_at ON push_key (seen_at);

-- Databases and texts that were added to the totals as a whole.
-- key: `node:` and the identity of another database, or `text:` and a hash of
--      an exposition.
CREATE TABLE origin (
    key      TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

-- --- Sessions with Grafana dashboards ---------------------------------------

-- The totals of sessions are ordinary series; what is here is forgotten some
-- time after a session was last heard of, and no total changes by that.

-- The label sets that sessions count in. A session keeps the one it began with
-- by its id. They are not taken from `series`, whose rows can go when the
-- family is no longer listed. Rows are never deleted: the highest id says how
-- many there are.
-- labels:    those of the series of sessions.
-- dashboard: of them, those that the histogram of lengths has.
CREATE TABLE session_label_set (
    id        INTEGER PRIMARY KEY,
    labels    TEXT NOT NULL UNIQUE,
    dashboard TEXT NOT NULL
) STRICT;

-- uuid:       NULL while the session is being forgotten: its times go a few at
--             a time, and a message that comes meanwhile begins it anew.
-- timeout_ms: at most so much of a gap between two messages counts; NULL while
--             not known.
-- capped:     0: the gaps count whole so far; 1: they are capped; 2: they count
--             whole for good.
-- heartbeat, ended: such a message was seen.
-- measured:   the session stands in the histogram of lengths.
-- sum_ms:     of the gaps between its times, capped or not.
-- focused_ms: of them, those that began with the focus.
-- counted_ms, counted_focused_ms: what the totals have of both. It never falls,
--             even if the sums do.
-- seen_at:    when it was last heard of, in Unix seconds by our clock.
-- open_until: when it is taken to be over unless it is heard of; NULL when it
--             is over.
CREATE TABLE session (
    id                 INTEGER PRIMARY KEY,
    uuid               TEXT UNIQUE,
    label_set_id       INTEGER NOT NULL REFERENCES session_label_set (id),
    timeout_ms         INTEGER,
    capped             INTEGER NOT NULL CHECK (capped IN (0, 1, 2)),
    heartbeat          INTEGER NOT NULL CHECK (heartbeat IN (0, 1)),
    ended              INTEGER NOT NULL CHECK (ended IN (0, 1)),
    measured           INTEGER NOT NULL CHECK (measured IN (0, 1)),
    sum_ms             INTEGER NOT NULL,
    focused_ms         INTEGER NOT NULL,
    counted_ms         INTEGER NOT NULL,
    counted_focused_ms INTEGER NOT NULL,
    seen_at            INTEGER NOT NULL,
    open_until         INTEGER
) STRICT;

-- A session stands in one of the two: a message changes one index only.
CREATE INDEX session_open ON session (open_until, label_set_id)
WHERE open_until IS NOT NULL;
CREATE INDEX session_over ON session (seen_at) WHERE open_until IS NULL;

-- The distinct times of a session's messages, by the visitor's clock.
-- time:    in milliseconds since 1970.
-- focused: the page had the focus then.
CREATE TABLE session_time (
    session_id INTEGER NOT NULL REFERENCES session (id),
    time       INTEGER NOT NULL,
    focused    INTEGER NOT NULL CHECK (focused IN (0, 1)),
    PRIMARY KEY (session_id, time)
) STRICT, WITHOUT ROWID;

-- The values of variables that have label sets of their own; the rest counts as
-- `other`. They are kept apart from `series` so that their number is known in
-- no time, and by all responders alike.
CREATE TABLE session_variable_value (
    variable TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (variable, value)
) STRICT, WITHOUT ROWID;

-- --- What a person reads with the sqlite3 shell ------------------------------

CREATE VIEW counter_totals AS
SELECT family.name AS family,
       series.labels AS labels,
       total.value AS total,
       datetime(series.created_at, 'unixepoch') AS since,
       datetime(total.updated_at, 'unixepoch') AS updated
FROM family
JOIN series ON series.family_id = family.id
JOIN total ON total.series_id = series.id
WHERE family.type = 'counter';

-- A gauge that was never set is left out here. NULL is not a number.
CREATE VIEW gauge_values AS
SELECT family.name AS family,
       series.labels AS labels,
       total.value AS value,
       datetime(total.updated_at, 'unixepoch') AS updated
FROM family
JOIN series ON series.family_id = family.id
JOIN total ON total.series_id = series.id
WHERE family.type IN ('gauge', 'untyped') AND total.count > 0;

CREATE VIEW summary_means AS
SELECT family.name AS family,
       series.labels AS labels,
       total.count AS count,
       total.sum AS sum,
       iif(total.count > 0, total.sum / total.count, NULL) AS mean,
       datetime(total.updated_at, 'unixepoch') AS updated
FROM family
JOIN series ON series.family_id = family.id
JOIN total ON total.series_id = series.id
WHERE family.type = 'summary';

-- One row for each bucket, with its upper bound `le` as a number (the last one
-- is Infinity) and, as in a scrape, the count of it and all below it. SQLite
-- moves a condition past a window when it is about what the window is divided
-- by: the family is there so that a question about one reads that one only.
CREATE VIEW histogram_buckets AS
SELECT family.name AS family,
       series.labels AS labels,
       coalesce(bound.value, 9e999) AS le,
       sum(bucket.value) OVER (PARTITION BY family.name, series.id
                               ORDER BY bucket.key)
           AS cumulative_count,
       bucket.value AS count
FROM family
JOIN series ON series.family_id = family.id
JOIN total ON total.series_id = series.id
JOIN json_each(total.buckets) AS bucket
LEFT JOIN json_each(family.bounds) AS bound ON bound.key = bucket.key
WHERE family.type = 'histogram';

-- Quantiles are interpolated within the bucket that holds the rank, as
-- PromQL's histogram_quantile does: the lowest bucket begins at 0 (or has no
-- width when its bound is not above 0), and the highest answers with its lower
-- bound.
CREATE VIEW histogram_quantiles AS
WITH bucket AS (
    SELECT series.id AS series_id,
           item.key AS position,
           item.value AS count,
           sum(item.value) OVER (PARTITION BY series.id ORDER BY item.key)
               AS up_to,
           upper.value AS upper,
           CASE WHEN item.key = 0 THEN min(0, upper.value)
                ELSE lower.value END AS lower
    FROM family
    JOIN series ON series.family_id = family.id
    JOIN total ON total.series_id = series.id
    JOIN json_each(total.buckets) AS item
    LEFT JOIN json_each(family.bounds) AS upper ON upper.key = item.key
    LEFT JOIN json_each(family.bounds) AS lower ON lower.key = item.key - 1
    WHERE family.type = 'histogram' AND total.count > 0
),
rank (q) AS (VALUES (0.5), (0.75), (0.9), (0.95), (0.99)),
quantile AS (
    SELECT bucket.series_id AS series_id,
           rank.q AS q,
           CASE WHEN bucket.upper IS NULL THEN bucket.lower
                ELSE bucket.lower + (bucket.upper - bucket.lower)
                     * (rank.q * total.count - (bucket.up_to - bucket.count))
                     / bucket.count
           END AS value
    FROM rank
    JOIN bucket
    JOIN total ON total.series_id = bucket.series_id
    WHERE bucket.count > 0
      AND bucket.up_to >= rank.q * total.count
      AND bucket.up_to - bucket.count < rank.q * total.count
)
SELECT family.name AS family,
       series.labels AS labels,
       total.count AS count,
       total.sum / total.count AS mean,
       max(quantile.value) FILTER (WHERE quantile.q = 0.5) AS p50,
       max(quantile.value) FILTER (WHERE quantile.q = 0.75) AS p75,
       max(quantile.value) FILTER (WHERE quantile.q = 0.9) AS p90,
       max(quantile.value) FILTER (WHERE quantile.q = 0.95) AS p95,
       max(quantile.value) FILTER (WHERE quantile.q = 0.99) AS p99
FROM quantile
JOIN series ON series.id = quantile.series_id
JOIN total ON total.series_id = series.id
JOIN family ON family.id = series.family_id
GROUP BY series.id;

-- One row for each family: how many series it has, the sum of its totals
-- (counters) or how many observations (histograms, summaries), and the last
-- change. A sum of integers fails beyond 2^63, which 1024 series reach whose
-- counts have saturated: it is made of reals, so that it is at most 2^63 - 1, and
-- rounded above 2^53.
CREATE VIEW family_summary AS
SELECT family.name AS family,
       family.type AS type,
       count(series.id) AS series,
       CASE WHEN family.type = 'counter' THEN sum(total.value)
            WHEN family.type IN ('histogram', 'summary')
            THEN CAST(sum(1.0 * total.count) AS INTEGER) END AS total,
       datetime(max(total.updated_at), 'unixepoch') AS updated,
       family.help AS help
FROM family
LEFT JOIN series ON series.family_id = family.id
LEFT JOIN total ON total.series_id = series.id
GROUP BY family.id;

-- seconds are those in the totals.
CREATE VIEW session_list AS
SELECT session.uuid AS uuid,
       json_extract(session_label_set.labels, '$.dashboard_name')
           AS dashboard,
       datetime((SELECT min(time) FROM session_time
                 WHERE session_id = session.id) / 1000, 'unixepoch')
           AS started,
       iif(session.ended,
           datetime((SELECT max(time) FROM session_time
                     WHERE session_id = session.id) / 1000, 'unixepoch'),
           NULL) AS ended,
       session.counted_ms / 1000.0 AS seconds
FROM session
JOIN session_label_set ON session_label_set.id = session.label_set_id
WHERE session.uuid IS NOT NULL;

PRAGMA user_version = 12;
