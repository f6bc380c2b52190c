-- What a person reads with the sqlite3 shell.

CREATE VIEW counter_totals AS
SELECT family.name AS family,
       series.labels AS labels,
       series.value AS total,
       datetime(series.created_at, 'unixepoch') AS since,
       datetime(series.updated_at, 'unixepoch') AS updated
FROM family JOIN series ON series.family_id = family.id
WHERE family.type = 'counter';

-- A gauge that was never set is left out here.
CREATE VIEW gauge_values AS
SELECT family.name AS family,
       series.labels AS labels,
       series.value AS value,
       datetime(series.updated_at, 'unixepoch') AS updated
FROM family JOIN series ON series.family_id = family.id
WHERE family.type = 'gauge' AND series.count > 0;

-- One row for each bucket, with its upper bound `le` as a number (the last one
-- is Infinity) and, as in a scrape, the count of it and all below it.
CREATE VIEW histogram_buckets AS
SELECT family.name AS family,
       series.labels AS labels,
       coalesce(bound.value, 9e999) AS le,
       sum(bucket.value) OVER (PARTITION BY series.id ORDER BY bucket.key)
           AS cumulative_count,
       bucket.value AS count
FROM family
JOIN series ON series.family_id = family.id
JOIN json_each(series.buckets) AS bucket
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

-- One row for each family: how many series it has, the sum of its totals
-- (counters) or how many observations (histograms), and the last change.
CREATE VIEW family_summary AS
SELECT family.name AS family,
       family.type AS type,
       count(series.id) AS series,
       CASE family.type WHEN 'counter' THEN sum(series.value)
                        WHEN 'histogram' THEN sum(series.count) END AS total,
       datetime(max(series.updated_at), 'unixepoch') AS updated,
       family.help AS help
FROM family LEFT JOIN series ON series.family_id = family.id
GROUP BY family.id;

PRAGMA user_version = 3;
