-- On which pages does the largest content appear late?
-- The 95th percentile of web_lcp_seconds over all devices and navigations,
-- interpolated within its bucket as in PromQL, and at most the highest bound.
-- Up to 2.5 seconds are good, above 4 seconds are poor.
WITH bucket AS (
    SELECT labels ->> 'page' AS page, le, total(count) AS count
    FROM histogram_buckets
    WHERE family = 'web_lcp_seconds'
    GROUP BY page, le
),
running AS (
    SELECT page, le, count,
           total(count) OVER (PARTITION BY page ORDER BY le) AS up_to,
           total(count) OVER (PARTITION BY page) AS views,
           lag(le, 1, 0) OVER (PARTITION BY page ORDER BY le) AS lower
    FROM bucket
)
SELECT page, CAST(views AS INTEGER) AS views,
       round(1000 * iif(le = 9e999, lower,
                        lower + (le - lower)
                                * (0.95 * views - (up_to - count)) / count))
           / 1000 AS p95_seconds
FROM running
WHERE count > 0 AND up_to >= 0.95 * views AND up_to - count < 0.95 * views
ORDER BY p95_seconds DESC, page
LIMIT 30;
