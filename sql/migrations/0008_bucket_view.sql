-- The view of buckets, made anew so that whoever asks it for a family reads that
-- family only: SQLite moves a condition past a window when it is about what the
-- window is divided by. It shows what it showed before.

DROP VIEW histogram_buckets;

-- One row for each bucket, with its upper bound `le` as a number (the last one
-- is Infinity) and, as in a scrape, the count of it and all below it.
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

PRAGMA user_version = 8;
