-- What has changed last?
-- Series that were ever pushed, with the time of the last push in UTC; without
-- what Tallyman counts of itself.
SELECT datetime(series.updated_at, 'unixepoch') AS updated,
       family.name AS family,
       series.labels AS labels
FROM series JOIN family ON family.id = series.family_id
WHERE (series.count > 0 OR series.value <> 0)
  AND family.name NOT GLOB 'tallyman_*'
ORDER BY series.updated_at DESC, family.name, series.labels
LIMIT 30;
