-- The schema of a fresh database. The steps in migrations/ bring an older one
-- to the same schema: each change is made here and as a new step there.
--
-- Times are Unix seconds unless noted. Labels are a JSON object with sorted
-- keys and no white space: equal label sets have equal texts. SQL reads a
-- label as labels ->> 'browser'.

PRAGMA application_id = 0x54616C79; -- "Taly"

-- --- State shared by the responders -----------------------------------------

-- generation:      incremented when a family is redefined. A responder with an
--                  older number reloads its configuration before it adds to
--                  the totals.
-- open_generation: incremented when an open family is added or removed, or
--                  loses series. A responder with an older number reads them
--                  again.
-- open_series:     number of rows of `series` in open families.
-- pushers:         number of rows of `pusher`.
-- groups:          number of rows of `push_group`.
-- history_since:   start of the history; 0: no history is kept.
-- history_step_since, history_hour_since, history_day_since: earlier rows of
--                  that table may have been deleted; 0: none were.
-- history_bytes:   approximate size of these tables.
-- history_next:    series id at which deleting and counting goes on; 0: idle.
-- history_counted: approximate size of the rows before history_next, or of all
--                  rows at the last count.
-- history_clock:   the time that the age of rows is measured from: that of a
--                  push at most a day after the previous value.
-- history_ahead:   time of a push later than that; 0: none.
-- identity:        lets `merge` recognise totals that it has added already. A
--                  backup has the identity of its original.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value)
VALUES ('generation', 1), ('open_generation', 1), ('open_series', 0),
       ('pushers', 0), ('groups', 0), ('history_since', 0),
       ('history_step_since', 0), ('history_hour_since', 0),
       ('history_day_since', 0),
       ('history_bytes', 0), ('history_counted', 0), ('history_next', 0),
       ('history_clock', 0), ('history_ahead', 0),
       ('identity', lower(hex(randomblob(16))));

-- --- The totals -------------------------------------------------------------

-- One row for each metric family that was ever listed, or added by a push.
-- bounds: for histograms, a JSON array of upper bounds without +Inf.
-- zeroed: a hash of the labels and values whose combinations all have rows, to
--         skip the search at each load; 0: none.
-- open:   1: added by a push and listed in no file.
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

-- A group of series that programs push together, by the labels in the path.
-- pushed_at, failed_at: when a push to the group was last accepted, or
--                       refused; 0: never.
CREATE TABLE push_group (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    labels    TEXT NOT NULL UNIQUE,
    pushed_at REAL NOT NULL,
    failed_at REAL NOT NULL
) STRICT;

-- One row for each label set of a family. A push to an existing series does
-- not change it. Ids are never reused (AUTOINCREMENT), so responders can cache
-- them.
-- created_at: start of the totals.
-- group_id:   the first group that pushed the series; NULL: none.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    family_id  INTEGER NOT NULL REFERENCES family (id),
    labels     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    group_id   INTEGER REFERENCES push_group (id),
    UNIQUE (family_id, labels)
) STRICT;

CREATE INDEX series_group_id ON series (group_id);

-- The columns of a series that a push changes. Narrow rows keep the totals of
-- a commit on few pages.
-- value:      total of a counter, value of a gauge or an untyped series. NULL
--             is NaN, for the latter two.
-- sum, count: of a histogram or a summary.
-- buckets:    of a histogram, a JSON array of plain (not cumulative) counts,
--             one more than the family has bounds.
-- count:      of a gauge or an untyped series, the number of values it was
--             made from; 0: never set.
CREATE TABLE total (
    series_id  INTEGER PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    value      REAL DEFAULT 0,
    sum        REAL NOT NULL DEFAULT 0,
    count      INTEGER NOT NULL DEFAULT 0,
    buckets    TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

-- The last exemplar of each bucket, for families that keep them: an
-- observation with labels that lead to another system, such as a trace id.
-- bucket: its index in total.buckets; 0 for a counter.
-- labels: of the exemplar, not of the series.
-- value:  of the observation, or the increment of a counter.
-- time:   of the observation; 0: unknown.
CREATE TABLE exemplar (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    bucket    INTEGER NOT NULL,
    labels    TEXT NOT NULL,
    value     REAL NOT NULL,
    time      REAL NOT NULL,
    PRIMARY KEY (series_id, bucket)
) STRICT, WITHOUT ROWID;

-- The last running totals of each series by process: the next push adds their
-- growth. Processes that count together as `other` have separate rows.
-- labels:  as pushed.
-- pusher:  the labels that identify the process.
-- series:  the labels of the series that the totals were last added to; NULL:
--          the same as `labels`.
-- epoch:   start of the running totals in Unix nanoseconds; 0: unknown.
-- seen_at: last push of the process.
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

-- --- The history of the totals ----------------------------------------------

-- Growth by five minutes, hour and day, in UTC. A period is written when its
-- series is pushed in a later period. Until then its growth is the difference
-- between `total` and `history_mark` (and `history_due`), in the period of
-- total.updated_at.
-- at, day: start of the period.
-- value:   the growth of a counter; the last value of a gauge or an untyped
--          series, where NULL is NaN; for a histogram or a summary a JSON
--          array with the growth of the sum and of each plain count,
--          [sum,count,count,...], without trailing zeros. A summary has one
--          bucket.
-- Periods without a change have no row.
CREATE TABLE history_step (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL CHECK (at % 300 = 0),
    value     ANY,
    PRIMARY KEY (series_id, at)
) STRICT, WITHOUT ROWID;

-- hours: a JSON array with the value of each hour of the day. An hour without
--        a change is 0 (null for a gauge); trailing ones are left out.
CREATE TABLE history_hour (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    day       INTEGER NOT NULL CHECK (day % 86400 = 0),
    hours     TEXT NOT NULL,
    PRIMARY KEY (series_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE history_day (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    day       INTEGER NOT NULL CHECK (day % 86400 = 0),
    value     ANY,
    PRIMARY KEY (series_id, day)
) STRICT, WITHOUT ROWID;

-- The totals up to which the history is written, with the columns of `total`.
-- For a series without a row they are 0, or unknown if the series is older
-- than the history (history_since in `meta`).
CREATE TABLE history_mark (
    series_id INTEGER PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    value     REAL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT
) STRICT;

-- Totals at the end of periods that are not written yet. A push copies them
-- before it changes them; later pushes write a few each.
-- at: the last change of the totals within the period.
CREATE TABLE history_due (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    value     REAL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    PRIMARY KEY (series_id, at)
) STRICT, WITHOUT ROWID;

-- For deletions in the sqlite3 shell, which does not enforce foreign keys. The
-- responders do, and run no triggers.
CREATE TRIGGER series_gone AFTER DELETE ON series
BEGIN
    DELETE FROM total WHERE series_id = old.id;
    DELETE FROM exemplar WHERE series_id = old.id;
    DELETE FROM history_step WHERE series_id = old.id;
    DELETE FROM history_hour WHERE series_id = old.id;
    DELETE FROM history_day WHERE series_id = old.id;
    DELETE FROM history_mark WHERE series_id = old.id;
    DELETE FROM history_due WHERE series_id = old.id;
END;

-- --- Pushes counted once ----------------------------------------------------

-- Ids of counted batches: a repeated batch counts once. An id is a UUIDv7,
-- which starts with its time: the oldest ids are first and are deleted from
-- there.
CREATE TABLE batch (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Keys of counted pushes (Idempotency-Key). Clients choose them, so they are
-- deleted by the time of arrival.
-- key: a hash of the key that was sent.
CREATE TABLE push_key (
    key     BLOB PRIMARY KEY CHECK (length(key) = 16),
    seen_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX push_key_seen_at ON push_key (seen_at);

-- Databases and texts whose totals were added by `merge` and `import`.
-- key: `node:` and the identity of a database, or `text:` and a hash of the
--      text.
CREATE TABLE origin (
    key      TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;

-- --- Sessions with Grafana dashboards ---------------------------------------

-- The totals of sessions are ordinary series. The rows below are deleted some
-- time after the last message of a session; no total changes then.

-- The label sets of sessions. A session keeps the one that it started with.
-- Separate from `series`, whose rows can be removed. Rows here are never
-- deleted: the highest id is their number.
-- labels:    labels of the session's series.
-- dashboard: the subset for the histogram of durations.
CREATE TABLE session_label_set (
    id        INTEGER PRIMARY KEY,
    labels    TEXT NOT NULL UNIQUE,
    dashboard TEXT NOT NULL
) STRICT;

-- uuid:       NULL while the session is being deleted, a few times at a time.
--             A message in between starts a new session.
-- timeout_ms: the most that a gap between two messages counts; NULL: unknown.
-- capped:     0: gaps are not capped yet; 1: they are capped; 2: they are
--             never capped.
-- heartbeat, ended: such a message was received.
-- measured:   the session is in the histogram of durations.
-- sum_ms:     sum of the gaps, capped or not.
-- focused_ms: the part of it that started with the focus.
-- counted_ms, counted_focused_ms: the part of both that is in the totals. They
--             never fall, even if the sums do.
-- seen_at:    last message, by the server's clock.
-- open_until: the session is over at this time without another message; NULL:
--             it is over.
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

-- Each session is in one of the two, so a message changes one index.
CREATE INDEX session_open ON session (open_until, label_set_id)
WHERE open_until IS NOT NULL;
CREATE INDEX session_over ON session (seen_at) WHERE open_until IS NULL;

-- The distinct times of a session's messages, by the visitor's clock.
-- time:    in Unix milliseconds.
-- focused: the page had the focus.
CREATE TABLE session_time (
    session_id INTEGER NOT NULL REFERENCES session (id),
    time       INTEGER NOT NULL,
    focused    INTEGER NOT NULL CHECK (focused IN (0, 1)),
    PRIMARY KEY (session_id, time)
) STRICT, WITHOUT ROWID;

-- The values of variables that have label sets of their own; the rest counts
-- as `other`. Separate from `series`, to count them quickly and equally in all
-- responders.
CREATE TABLE session_variable_value (
    variable TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (variable, value)
) STRICT, WITHOUT ROWID;

-- --- Business metrics by SQL ------------------------------------------------

-- State of the queries in allowlist files. Their values are series of the
-- family of the same name. The responder that has claimed a query runs it.
-- Times are 0 before the first run.
-- started_at:    start of the last run.
-- claimed_until: another responder may claim it then; 0: the run has ended.
-- succeeded_at:  time of the values.
-- seconds:       duration of the last run.
-- error:         of the last run; NULL: it succeeded.
CREATE TABLE sql_query (
    name          TEXT PRIMARY KEY,
    started_at    REAL NOT NULL,
    claimed_until REAL NOT NULL,
    runs          INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    succeeded_at  REAL NOT NULL,
    seconds       REAL NOT NULL,
    error         TEXT
) STRICT, WITHOUT ROWID;

-- --- Alerts -----------------------------------------------------------------

-- The rules of the alerts file at the last run of `tallyman alert`.
-- position:      in the file.
-- query:         whose result is compared.
-- condition:     such as `> 0.05`.
-- measured:      the meaning of the value in words.
-- unit:          of the value: `seconds`, `%`; empty: none.
-- families:      a JSON array of the families that the query reads.
-- every_seconds: the longest interval between evaluations.
-- evaluated_at:  last evaluation; 0: never.
-- error:         reason for no result; NULL: there was one.
-- early:         1: the reason is that the history is too short.
CREATE TABLE alert_rule (
    name          TEXT PRIMARY KEY,
    position      INTEGER NOT NULL,
    query         TEXT NOT NULL,
    condition     TEXT NOT NULL,
    measured      TEXT NOT NULL,
    unit          TEXT NOT NULL,
    families      TEXT NOT NULL,
    every_seconds INTEGER NOT NULL,
    for_seconds   INTEGER NOT NULL,
    severity      TEXT NOT NULL,
    text          TEXT NOT NULL,
    evaluated_at  REAL NOT NULL,
    seconds       REAL NOT NULL,
    error         TEXT,
    early         INTEGER NOT NULL DEFAULT 0 CHECK (early IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Active alerts: a row for each label set whose condition is true.
-- firing: 1: true for as long as the rule requires; 0: pending.
-- since:  when the condition became true.
CREATE TABLE alert (
    rule   TEXT NOT NULL REFERENCES alert_rule (name) ON DELETE CASCADE,
    labels TEXT NOT NULL,
    firing INTEGER NOT NULL CHECK (firing IN (0, 1)),
    since  REAL NOT NULL,
    value  REAL NOT NULL,
    PRIMARY KEY (rule, labels)
) STRICT, WITHOUT ROWID;

-- Notifications that are not delivered yet. They are inserted in the
-- transaction that changes the alert, and deleted after delivery: a process
-- that is killed in between may deliver one twice, and loses none.
-- channel: as in the alerts file.
-- message: a JSON object.
-- tries:   failed deliveries; error: the last reason.
CREATE TABLE alert_notice (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    message TEXT NOT NULL,
    made_at REAL NOT NULL,
    tries   INTEGER NOT NULL DEFAULT 0,
    error   TEXT
) STRICT;

-- --- Views for the sqlite3 shell --------------------------------------------

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

-- Gauges that were never set are left out. NULL is NaN.
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
-- is Infinity) and the cumulative count as in a scrape. The window is
-- partitioned by family as well, because SQLite pushes a condition down only
-- on columns of the partition: a query for one family then reads that family
-- only.
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

-- Quantiles are interpolated within the bucket of the rank, as in PromQL's
-- histogram_quantile(): the lowest bucket starts at 0 (or has no width if its
-- bound is not above 0), and the highest one gives its lower bound.
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

-- One row for each family: the number of series, the sum of the totals
-- (counters) or of the observations (histograms, summaries), and the last
-- change. The sum is one of reals, rounded above 2^53: a sum of integers would
-- overflow at 2^63, which 1024 series with saturated counts reach.
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

-- seconds: as counted in the totals.
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

-- Growth that is not in the history tables yet, of counters, histograms and
-- summaries: a row for each copy of the totals in history_due and one for the
-- current totals, each with the growth since the previous copy or the mark.
-- at:     last change of the totals.
-- growth: as in history_day.value.
CREATE VIEW history_unwritten AS
SELECT family.name AS family,
       family.type AS type,
       family.bounds AS bounds,
       series.id AS series_id,
       series.labels AS labels,
       (SELECT value FROM json_each(grown.value) WHERE key = 0) AS at,
       (SELECT value FROM json_each(grown.value) WHERE key = 1) AS growth
FROM family
JOIN series ON series.family_id = family.id
JOIN json_each((
    WITH known (at, total, sum, counts) AS (
        SELECT -2, 0, 0, '[]' FROM meta
        WHERE key = 'history_since' AND value <= series.created_at
        UNION ALL
        SELECT -1, iif(family.type = 'counter', value, count), sum, buckets
        FROM history_mark WHERE series_id = series.id
        UNION ALL
        SELECT at, iif(family.type = 'counter', value, count), sum, buckets
        FROM history_due WHERE series_id = series.id
        UNION ALL
        SELECT updated_at, iif(family.type = 'counter', value, count), sum,
               buckets
        FROM total WHERE series_id = series.id
    ),
    pair AS (
        SELECT at, total, sum, counts,
               lag(total) OVER earlier AS old_total,
               lag(sum) OVER earlier AS old_sum,
               lag(counts) OVER earlier AS old_counts
        FROM known
        WINDOW earlier AS (ORDER BY at)
    )
    SELECT '[' || group_concat('[' || at || ',' || CASE family.type
        WHEN 'counter' THEN total - old_total
        WHEN 'summary' THEN
            '[' || (sum - old_sum) || ',' || (total - old_total) || ']'
        ELSE '[' || (sum - old_sum) || ',' || (
            SELECT group_concat(max(0, grown)) FROM (
                SELECT sum(value) AS grown FROM (
                    SELECT key, value FROM json_each(counts)
                    UNION ALL
                    SELECT key, -value FROM json_each(old_counts)
                )
                GROUP BY key ORDER BY key)) || ']' END || ']') || ']'
    FROM pair WHERE at >= 0 AND total > old_total
)) AS grown
WHERE family.type IN ('counter', 'histogram', 'summary')
  AND EXISTS (SELECT 1 FROM meta WHERE key = 'history_since' AND value > 0);

-- The growth of each series by day in UTC, up to now. Conditions on family and
-- day are fast: both are plain columns, outside of windows and groups.
CREATE VIEW counter_by_day AS
SELECT family, labels,
       date(day, 'unixepoch') AS day,
       CASE WHEN day + 86400 > (SELECT updated_at FROM total
                                WHERE total.series_id = period.series_id)
              OR EXISTS (SELECT 1 FROM history_due AS due
                         WHERE due.series_id = period.series_id
                           AND due.at < day + 86400)
            THEN growth + (SELECT total(more.growth)
                           FROM history_unwritten AS more
                           WHERE more.series_id = period.series_id
                             AND more.at >= day AND more.at < day + 86400)
            ELSE 1.0 * growth END AS growth
FROM (
    SELECT family.name AS family, series.id AS series_id, labels,
           history_day.day AS day, history_day.value AS growth
    FROM family
    CROSS JOIN series ON series.family_id = family.id
    CROSS JOIN history_day ON history_day.series_id = series.id
    WHERE family.type = 'counter'
    UNION ALL
    SELECT DISTINCT family, series_id, labels, at - at % 86400, 0
    FROM history_unwritten AS more
    WHERE type = 'counter'
      AND NOT EXISTS (SELECT 1 FROM history_day
                      WHERE history_day.series_id = more.series_id
                        AND history_day.day = at - at % 86400)
) AS period;

-- The same by hour. hour: day and start of the hour.
CREATE VIEW counter_by_hour AS
SELECT family, labels,
       date(day, 'unixepoch') AS day,
       strftime('%Y-%m-%d %H:00', hour, 'unixepoch') AS hour,
       CASE WHEN hour + 3600 > (SELECT updated_at FROM total
                                WHERE total.series_id = period.series_id)
              OR EXISTS (SELECT 1 FROM history_due AS due
                         WHERE due.series_id = period.series_id
                           AND due.at < hour + 3600)
            THEN growth + (SELECT total(more.growth)
                           FROM history_unwritten AS more
                           WHERE more.series_id = period.series_id
                             AND more.at >= hour AND more.at < hour + 3600)
            ELSE 1.0 * growth END AS growth
FROM (
    SELECT family.name AS family, series.id AS series_id, labels,
           history_hour.day AS day,
           history_hour.day + 3600 * item.key AS hour, item.value AS growth
    FROM family
    CROSS JOIN series ON series.family_id = family.id
    CROSS JOIN history_hour ON history_hour.series_id = series.id
    CROSS JOIN json_each(history_hour.hours) AS item
    WHERE family.type = 'counter' AND item.value > 0
    UNION ALL
    SELECT DISTINCT family, series_id, labels, at - at % 86400, at - at % 3600,
           0
    FROM history_unwritten AS more
    WHERE type = 'counter'
      AND NOT EXISTS (SELECT 1 FROM history_hour
                      WHERE history_hour.series_id = more.series_id
                        AND history_hour.day = at - at % 86400
                        AND EXISTS (SELECT 1 FROM json_each(hours)
                                    WHERE key = at % 86400 / 3600
                                      AND value > 0))
) AS period;

-- The growth of each histogram by day. growth: as in history_day.value.
CREATE VIEW histogram_growth_by_day AS
SELECT family, bounds, labels,
       date(day, 'unixepoch') AS day,
       CASE WHEN day + 86400 > (SELECT updated_at FROM total
                                WHERE total.series_id = period.series_id)
              OR EXISTS (SELECT 1 FROM history_due AS due
                         WHERE due.series_id = period.series_id
                           AND due.at < day + 86400)
            THEN (SELECT '[' || group_concat(value) || ']' FROM (
                SELECT key, sum(value) AS value FROM (
                    SELECT key, value FROM json_each(growth)
                    UNION ALL
                    SELECT item.key, item.value
                    FROM history_unwritten AS more
                    JOIN json_each(more.growth) AS item
                    WHERE more.series_id = period.series_id
                      AND more.at >= day AND more.at < day + 86400
                )
                GROUP BY key ORDER BY key))
            ELSE growth END AS growth
FROM (
    SELECT family.name AS family, bounds, series.id AS series_id, labels,
           history_day.day AS day, history_day.value AS growth
    FROM family
    CROSS JOIN series ON series.family_id = family.id
    CROSS JOIN history_day ON history_day.series_id = series.id
    WHERE family.type = 'histogram'
    UNION ALL
    SELECT DISTINCT family, bounds, series_id, labels, at - at % 86400, '[]'
    FROM history_unwritten AS more
    WHERE type = 'histogram'
      AND NOT EXISTS (SELECT 1 FROM history_day
                      WHERE history_day.series_id = more.series_id
                        AND history_day.day = at - at % 86400)
) AS period;

-- Plain counts by upper bound. They can be added over series and days;
-- quantiles cannot.
CREATE VIEW histogram_buckets_by_day AS
SELECT family, labels, day, bound.value AS le,
       coalesce(item.value, 0) AS count
FROM histogram_growth_by_day
CROSS JOIN json_each(iif(bounds = '[]', '[9e999]',
                         substr(bounds, 1, length(bounds) - 1) || ',9e999]'))
           AS bound
LEFT JOIN json_each(growth, '$[' || (bound.key + 1) || ']') AS item;

-- Quantiles as in histogram_quantiles.
CREATE VIEW histogram_by_day AS
SELECT family, labels, day,
       (SELECT value FROM json_each(shown.value) WHERE key = 0) AS count,
       (SELECT value FROM json_each(shown.value) WHERE key = 1) AS mean,
       (SELECT value FROM json_each(shown.value) WHERE key = 2) AS p50,
       (SELECT value FROM json_each(shown.value) WHERE key = 3) AS p75,
       (SELECT value FROM json_each(shown.value) WHERE key = 4) AS p95
FROM histogram_growth_by_day
CROSS JOIN json_each((
    WITH bucket AS (
        SELECT key, value AS count,
               sum(value) OVER (ORDER BY key) AS up_to,
               sum(value) OVER () AS total
        FROM json_each(growth) WHERE key > 0
    ),
    rank (q) AS (VALUES (0.5), (0.75), (0.95)),
    hit AS (
        SELECT q, total, (q * total - (up_to - count)) / count AS share,
               (SELECT value FROM json_each(bounds)
                WHERE json_each.key = bucket.key - 1) AS upper,
               (SELECT iif(bucket.key = 1, min(0, value), value)
                FROM json_each(bounds)
                WHERE json_each.key = max(bucket.key - 2, 0)) AS lower
        FROM bucket JOIN rank
        WHERE count > 0 AND up_to >= q * total AND up_to - count < q * total
    ),
    quantile AS (
        SELECT q, total,
               coalesce(lower + (upper - lower) * share, lower) AS value
        FROM hit
    )
    SELECT '[[' || max(total) || ',' || (
               SELECT 1.0 * value / max(total) FROM json_each(growth) WHERE key = 0)
           || ',' || coalesce(max(value) FILTER (WHERE q = 0.5), 'null')
           || ',' || coalesce(max(value) FILTER (WHERE q = 0.75), 'null')
           || ',' || coalesce(max(value) FILTER (WHERE q = 0.95), 'null')
           || ']]'
    FROM quantile
)) AS shown;

-- seconds: duration of the last run; error: why it failed.
CREATE VIEW sql_query_list AS
SELECT name, runs, errors,
       iif(succeeded_at > 0, datetime(succeeded_at, 'unixepoch'), NULL)
           AS succeeded,
       seconds, error
FROM sql_query;

-- Rules without an active alert have no row.
CREATE VIEW alert_list AS
SELECT alert_rule.name AS rule,
       alert.labels AS labels,
       alert_rule.severity AS severity,
       iif(alert.firing, 'firing', 'pending') AS state,
       datetime(alert.since, 'unixepoch') AS since,
       alert.value AS value,
       alert_rule.text AS text
FROM alert
JOIN alert_rule ON alert_rule.name = alert.rule;

PRAGMA user_version = 14;
