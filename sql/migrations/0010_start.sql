-- The schema of version 10, the oldest one that is migrated, as the first step
-- finds it. Its texts equal those in such a file, to detect changed files.

PRAGMA application_id = 0x54616C79; -- "Taly"

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE batch (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE VIEW counter_totals AS
SELECT family.name AS family,
       series.labels AS labels,
       series.value AS total,
       datetime(series.created_at, 'unixepoch') AS since,
       datetime(series.updated_at, 'unixepoch') AS updated
FROM family JOIN series ON series.family_id = family.id
WHERE family.type = 'counter';

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
    JOIN json_each(series.buckets) AS item
    LEFT JOIN json_each(family.bounds) AS upper ON upper.key = item.key
    LEFT JOIN json_each(family.bounds) AS lower ON lower.key = item.key - 1
    WHERE family.type = 'histogram' AND series.count > 0
),
rank (q) AS (VALUES (0.5), (0.75), (0.9), (0.95), (0.99)),
quantile AS (
    SELECT bucket.series_id AS series_id,
           rank.q AS q,
           CASE WHEN bucket.upper IS NULL THEN bucket.lower
                ELSE bucket.lower + (bucket.upper - bucket.lower)
                     * (rank.q * series.count - (bucket.up_to - bucket.count))
                     / bucket.count
           END AS value
    FROM rank
    JOIN bucket
    JOIN series ON series.id = bucket.series_id
    WHERE bucket.count > 0
      AND bucket.up_to >= rank.q * series.count
      AND bucket.up_to - bucket.count < rank.q * series.count
)
SELECT family.name AS family,
       series.labels AS labels,
       series.count AS count,
       series.sum / series.count AS mean,
       max(quantile.value) FILTER (WHERE quantile.q = 0.5) AS p50,
       max(quantile.value) FILTER (WHERE quantile.q = 0.75) AS p75,
       max(quantile.value) FILTER (WHERE quantile.q = 0.9) AS p90,
       max(quantile.value) FILTER (WHERE quantile.q = 0.95) AS p95,
       max(quantile.value) FILTER (WHERE quantile.q = 0.99) AS p99
FROM quantile
JOIN series ON series.id = quantile.series_id
JOIN family ON family.id = series.family_id
GROUP BY series.id;

CREATE TABLE "family" (
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

CREATE TABLE "series" (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    value      REAL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, group_id INTEGER REFERENCES push_group (id),
    UNIQUE (family_id, labels)
) STRICT;

CREATE TABLE pusher (
    family_id INTEGER NOT NULL REFERENCES family (id),
    labels    TEXT NOT NULL,
    pusher    TEXT NOT NULL,
    value     REAL NOT NULL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    seen_at   INTEGER NOT NULL, series TEXT,
    PRIMARY KEY (family_id, labels, pusher)
) STRICT, WITHOUT ROWID;

CREATE INDEX pusher_seen_at ON pusher (seen_at);

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

CREATE TABLE session_label_set (
    id        INTEGER PRIMARY KEY,
    labels    TEXT NOT NULL UNIQUE,
    dashboard TEXT NOT NULL
) STRICT;

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

CREATE INDEX session_open ON session (open_until, label_set_id)
WHERE open_until IS NOT NULL;

CREATE INDEX session_over ON session (seen_at) WHERE open_until IS NULL;

CREATE TABLE session_time (
    session_id INTEGER NOT NULL REFERENCES session (id),
    time       INTEGER NOT NULL,
    focused    INTEGER NOT NULL CHECK (focused IN (0, 1)),
    PRIMARY KEY (session_id, time)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_variable_value (
    variable TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (variable, value)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE origin (
    key      TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

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
JOIN json_each(series.buckets) AS bucket
LEFT JOIN json_each(family.bounds) AS bound ON bound.key = bucket.key
WHERE family.type = 'histogram';

CREATE TABLE push_group (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    labels    TEXT NOT NULL UNIQUE,
    pushed_at REAL NOT NULL,
    failed_at REAL NOT NULL
) STRICT;

CREATE INDEX series_group_id ON series (group_id);

CREATE VIEW family_summary AS
SELECT family.name AS family,
       family.type AS type,
       count(series.id) AS series,
       CASE WHEN family.type = 'counter' THEN sum(series.value)
            WHEN family.type IN ('histogram', 'summary')
            THEN CAST(sum(1.0 * series.count) AS INTEGER) END AS total,
       datetime(max(series.updated_at), 'unixepoch') AS updated,
       family.help AS help
FROM family LEFT JOIN series ON series.family_id = family.id
GROUP BY family.id;

INSERT INTO meta (key, value)
VALUES ('generation', 1), ('open_generation', 1), ('open_series', 0),
       ('pushers', 0), ('groups', 0), ('identity', lower(hex(randomblob(16))));

PRAGMA user_version = 10;
