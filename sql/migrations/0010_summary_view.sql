-- The view of families, made anew: a sum of integers fails beyond 2^63, which
-- 1024 series reach whose counts have saturated. It shows what it showed before.

DROP VIEW family_summary;

-- One row for each family: how many series it has, the sum of its totals
-- (counters) or how many observations (histograms, summaries; at most 2^63 - 1,
-- and rounded above 2^53), and the last change.
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

PRAGMA user_version = 10;
