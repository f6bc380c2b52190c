-- The history of the totals. It starts with the first responder of this
-- version: earlier totals are in no period.
DROP TRIGGER IF EXISTS series_gone;

INSERT INTO meta (key, value)
VALUES ('history_since', 0),
       ('history_step_since', 0), ('history_hour_since', 0),
       ('history_day_since', 0),
       ('history_bytes', 0), ('history_counted', 0), ('history_next', 0),
       ('history_clock', 0), ('history_ahead', 0);

CREATE TABLE history_step (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL CHECK (at % 300 = 0),
    value     ANY,
    PRIMARY KEY (series_id, at)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE history_mark (
    series_id INTEGER PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    value     REAL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT
) STRICT;

CREATE TABLE history_due (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    value     REAL,
    sum       REAL NOT NULL,
    count     INTEGER NOT NULL,
    buckets   TEXT,
    PRIMARY KEY (series_id, at)
) STRICT, WITHOUT ROWID;

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

CREATE VIEW histogram_buckets_by_day AS
SELECT family, labels, day, bound.value AS le,
       coalesce(item.value, 0) AS count
FROM histogram_growth_by_day
CROSS JOIN json_each(iif(bounds = '[]', '[9e999]',
                         substr(bounds, 1, length(bounds) - 1) || ',9e999]'))
           AS bound
LEFT JOIN json_each(growth, '$[' || (bound.key + 1) || ']') AS item;

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

PRAGMA user_version = 13;
