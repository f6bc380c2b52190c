-- What has changed last?
-- Series that were ever pushed, with the time of the last push in UTC; without
-- what Tallyman counts of itself.
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
