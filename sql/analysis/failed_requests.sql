-- Which requests of scripts fail, as a share of all of them?
-- Failed is a status of 500 or more, or no response at all.
WITH route AS (
    SELECT labels ->> 'route' AS route,
           labels ->> 'method' AS method,
           sum(total) AS requests,
           total(total) FILTER (WHERE labels ->> 'status' IN ('5xx', 'error'))
               AS failed
    FROM counter_totals
    WHERE family = 'web_requests_total'
    GROUP BY labels ->> 'route', labels ->> 'method'
)
SELECT route, method, requests, failed,
       round(10000 * failed / requests) / 100 AS percent
FROM route
WHERE requests > 0
ORDER BY percent DESC, requests DESC, route, method
LIMIT 30;
