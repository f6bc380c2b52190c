-- Which series were pushed last?
-- Series with the time of their last push in UTC, without Tallyman's own
-- metrics.
SELECT datetime(total.updated_at, 'unixepoch') AS updated,
       family.name AS family,
       series.labels AS labels
FROM series
JOIN family ON family.id = series.family_id
JOIN total ON total.series_id = series.id
WHERE (total.count > 0 OR total.value <> 0)
  AND family.name NOT GLOB 'tallyman_*'
ORDER BY total.updated_at DESC, family.name, series.labels
LIMIT 30;
