-- Moves the columns that a push changes into a narrow table. Recreated tables
-- keep their ids and get the texts of schema.sql. Foreign keys are not
-- enforced meanwhile, and foreign views must not make it fail.
PRAGMA legacy_alter_table = ON;

DROP VIEW IF EXISTS counter_totals;
DROP VIEW IF EXISTS gauge_values;
DROP VIEW IF EXISTS summary_means;
DROP VIEW IF EXISTS histogram_buckets;
DROP VIEW IF EXISTS histogram_quantiles;
DROP VIEW IF EXISTS family_summary;
DROP INDEX IF EXISTS series_group_id;
DROP INDEX IF EXISTS pusher_seen_at;

ALTER TABLE family RENAME TO family_10;
ALTER TABLE series RENAME TO series_10;
ALTER TABLE pusher RENAME TO pusher_10;

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

CREATE TABLE series (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    group_id   INTEGER REFERENCES push_group (id),
    UNIQUE (family_id, labels)
) STRICT;

CREATE INDEX series_group_id ON series (group_id);

CREATE TABLE total (
    series_id  INTEGER PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    value      REAL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER series_gone AFTER DELETE ON series
BEGIN
    DELETE FROM total WHERE series_id = old.id;
END;

CREATE TABLE pusher (
    family_id INTEGER NOT NULL REFERENCES family (id),
    labels    TEXT NOT NULL,
    pusher    TEXT NOT NULL,
    series    TEXT,
    value     REAL NOT NULL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (family_id, labels, pusher)
) STRICT, WITHOUT ROWID;

CREATE INDEX pusher_seen_at ON pusher (seen_at);

INSERT INTO sqlite_sequence (name, seq)
SELECT replace(name, '_10', ''), seq FROM sqlite_sequence
WHERE name IN ('family_10', 'series_10');

INSERT INTO family (id, name, type, help, unit, zeroed, open, bounds)
SELECT id, name, type, help, unit, zeroed, open, bounds
FROM family_10 ORDER BY id;

INSERT INTO series (id, family_id, labels, created_at, group_id)
SELECT id, family_id, labels, created_at, group_id FROM series_10 ORDER BY id;

INSERT INTO total (series_id, value, sum, count, buckets, updated_at)
SELECT id, value, sum, count, buckets, updated_at FROM series_10 ORDER BY id;

INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,
                    buckets, seen_at)
SELECT family_id, labels, pusher, series, value, sum, count, buckets, seen_at
FROM pusher_10;

DROP TABLE family_10;
DROP TABLE series_10;
DROP TABLE pusher_10;

PRAGMA legacy_alter_table = OFF;

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

PRAGMA user_version = 11;
