-- Which series have the highest totals?
-- Totals of counters, and numbers of observations of histograms and summaries,
-- without Tallyman's own metrics.
WITH counted AS (
    SELECT family.name AS family, series.labels AS labels,
           iif(family.type = 'counter', total.value, total.count) AS counted
    FROM family
    JOIN series ON series.family_id = family.id
    JOIN total ON total.series_id = series.id
    WHERE family.type IN ('counter', 'histogram', 'summary')
      AND family.name NOT GLOB 'tallyman_*'
)
SELECT family, labels, counted FROM counted
WHERE counted > 0
ORDER BY counted DESC, family, labels
LIMIT 30;
