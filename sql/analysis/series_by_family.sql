-- Which families have the most series?
-- idle: series not pushed for 30 days, or never. listed: no for families added
--       by
-- a push, which limits.families and limits.series bound.
SELECT family.name AS family,
       iif(family.open, 'no', 'yes') AS listed,
       count(*) AS series,
       count(*) FILTER (
           WHERE (total.count = 0 AND coalesce(total.value, 1) = 0)
              OR total.updated_at < unixepoch('now', '-30 days')) AS idle,
       round(1000.0 * count(*) / sum(count(*)) OVER ()) / 10 AS percent
FROM family
JOIN series ON series.family_id = family.id
JOIN total ON total.series_id = series.id
GROUP BY family.id
ORDER BY series DESC, family.name
LIMIT 30;
