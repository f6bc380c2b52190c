-- Which pages were viewed most in the last 30 days?
-- The last day is the last one with a view. percent: share of all views;
-- before: views in the 30 days before.
WITH daily AS (
    SELECT labels ->> 'page' AS page, day, growth,
           date(max(day) OVER (), '-29 days') AS first_day,
           date(max(day) OVER (), '-59 days') AS first_before
    FROM counter_by_day
    WHERE family = 'web_page_views_total'
),
page AS (
    SELECT page,
           total(growth) FILTER (WHERE day >= first_day) AS views,
           total(growth) FILTER (WHERE day >= first_before
                                   AND day < first_day) AS before
    FROM daily
    GROUP BY page
)
SELECT page, views,
       round(1000 * views / sum(views) OVER ()) / 10 AS percent,
       before
FROM page
WHERE views > 0
ORDER BY views DESC, page
LIMIT 30;
