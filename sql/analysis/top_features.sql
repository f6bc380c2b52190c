-- Which features are used most, and in which browsers?
-- percent: share of all uses in the same browser.
SELECT labels ->> 'feature' AS feature,
       labels ->> 'browser' AS browser,
       total AS uses,
       round(1000 * total
             / sum(total) OVER (PARTITION BY labels ->> 'browser'))
           / 10 AS percent
FROM counter_totals
WHERE family = 'usage_total' AND total > 0
ORDER BY uses DESC, feature, browser
LIMIT 30;
