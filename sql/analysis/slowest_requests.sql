-- Which requests of scripts are slow for the user?
-- The 95th percentile of web_request_seconds over all statuses, as in
-- slowest_pages.sql.
WITH bucket AS (
    SELECT labels ->> 'route' AS route, labels ->> 'method' AS method, le,
           total(count) AS count
    FROM histogram_buckets
    WHERE family = 'web_request_seconds'
    GROUP BY route, method, le
),
running AS (
    SELECT route, method, le, count,
           total(count) OVER (PARTITION BY route, method ORDER BY le) AS up_to,
           total(count) OVER (PARTITION BY route, method) AS requests,
           lag(le, 1, 0) OVER (PARTITION BY route, method ORDER BY le) AS lower
    FROM bucket
)
SELECT route, method, CAST(requests AS INTEGER) AS requests,
       round(1000 * iif(le = 9e999, lower,
                        lower + (le - lower)
                                * (0.95 * requests - (up_to - count)) / count))
           / 1000 AS p95_seconds
FROM running
WHERE count > 0
  AND up_to >= 0.95 * requests AND up_to - count < 0.95 * requests
ORDER BY p95_seconds DESC, route, method
LIMIT 30;
