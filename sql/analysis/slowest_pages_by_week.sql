-- On which pages did the largest content appear late in each week?
-- Of the last ten weeks, which begin on Mondays (UTC), the three pages whose
-- 95th percentile was highest, as in slowest_pages.sql.
WITH bucket AS (
    SELECT date(day, 'weekday 0', '-6 days') AS week,
           labels ->> 'page' AS page, le, total(count) AS count
    FROM histogram_buckets_by_day
    WHERE family = 'web_lcp_seconds'
      AND day >= (SELECT date(max(total.updated_at), 'unixepoch', 'weekday 0',
                              '-69 days')
                  FROM family
                  JOIN series ON series.family_id = family.id
                  JOIN total ON total.series_id = series.id
                  WHERE family.name = 'web_lcp_seconds')
    GROUP BY week, page, le
),
running AS (
    SELECT week, page, le, count,
           total(count) OVER (PARTITION BY week, page ORDER BY le) AS up_to,
           total(count) OVER (PARTITION BY week, page) AS views,
           lag(le, 1, 0) OVER (PARTITION BY week, page ORDER BY le) AS lower
    FROM bucket
),
slow AS (
    SELECT week, page, CAST(views AS INTEGER) AS views,
           round(1000 * iif(le = 9e999, lower,
                            lower + (le - lower)
                                    * (0.95 * views - (up_to - count)) / count))
               / 1000 AS p95_seconds
    FROM running
    WHERE count > 0 AND up_to >= 0.95 * views AND up_to - count < 0.95 * views
),
ranked AS (
    SELECT week, page, views, p95_seconds,
           row_number() OVER (PARTITION BY week
                              ORDER BY p95_seconds DESC, page) AS place
    FROM slow
)
SELECT week, page, views, p95_seconds
FROM ranked
WHERE place <= 3
ORDER BY week DESC, place;
