-- How many scripts failed on each day, as a share of the page views?
-- error_share.sql explains the failures that count. Days are in UTC.
WITH daily AS (
    SELECT day,
           total(growth) FILTER (WHERE family = 'web_page_views_total')
               AS views,
           total(growth) FILTER (WHERE family = 'web_errors_total') AS errors,
           total(growth)
               FILTER (WHERE family = 'web_unhandled_rejections_total')
               AS rejections
    FROM counter_by_day
    WHERE family IN ('web_page_views_total', 'web_errors_total',
                     'web_unhandled_rejections_total')
    GROUP BY day
)
SELECT day, views, errors, rejections,
       round(10000 * (errors + rejections) / nullif(views, 0)) / 100
           AS percent
FROM daily
ORDER BY day DESC
LIMIT 30;
