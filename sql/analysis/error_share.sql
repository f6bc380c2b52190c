-- On which pages do scripts fail, as a share of the page views?
-- Uncaught errors, elements that failed to load, and unhandled rejections.
-- Each one in a view counts: the share can be above 100 %.
WITH page AS (
    SELECT labels ->> 'page' AS page,
           total(total) FILTER (WHERE family = 'web_page_views_total') AS views,
           total(total) FILTER (WHERE family = 'web_errors_total') AS errors,
           total(total) FILTER (WHERE family = 'web_unhandled_rejections_total')
               AS rejections
    FROM counter_totals
    WHERE family IN ('web_page_views_total', 'web_errors_total',
                     'web_unhandled_rejections_total')
    GROUP BY labels ->> 'page'
)
SELECT page, views, errors, rejections,
       round(10000 * (errors + rejections) / nullif(views, 0)) / 100
           AS percent
FROM page
WHERE views > 0 OR errors > 0 OR rejections > 0
ORDER BY percent DESC, errors DESC, page
LIMIT 30;
