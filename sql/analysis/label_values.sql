-- Which labels have the most values, and how much counts as `other`?
-- For a label with a high share of `other` raise maxValues, or push fewer
-- distinct values. counted: totals and observations.
WITH pair AS (
    SELECT family.name AS family, label.key AS label, label.value AS value,
           iif(family.type = 'counter', total.value, total.count) AS counted
    FROM family
    JOIN series ON series.family_id = family.id
    JOIN total ON total.series_id = series.id
    JOIN json_each(series.labels) AS label
    WHERE family.name NOT GLOB 'tallyman_*'
)
SELECT family, label,
       count(DISTINCT value) AS "values",
       total(counted) AS counted,
       round(1000 * total(counted) FILTER (WHERE value = 'other')
             / nullif(total(counted), 0)) / 10 AS other_percent
FROM pair
GROUP BY family, label
ORDER BY count(DISTINCT value) DESC, family, label
LIMIT 30;
