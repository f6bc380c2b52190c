-- How many page views were there on each day?
-- With the same weekday a week before, in UTC. Days without views are left
-- out.
WITH daily AS MATERIALIZED (
    SELECT day, sum(growth) AS views
    FROM counter_by_day
    WHERE family = 'web_page_views_total'
    GROUP BY day
)
SELECT daily.day, daily.views, earlier.views AS week_before
FROM daily
LEFT JOIN daily AS earlier ON earlier.day = date(daily.day, '-7 days')
ORDER BY daily.day DESC
LIMIT 30;
