-- The series of a family with the labels in :filter, a JSON object. An empty
-- value there means that the series does not have the label. Gauges that were
-- never set are left out; missing totals are NULL.
SELECT id, labels, value, sum, count, buckets,
       datetime(updated_at, 'unixepoch') AS updated
FROM series LEFT JOIN total ON total.series_id = series.id
WHERE family_id = :family
  AND (:always OR count > 0 OR count IS NULL)
  AND NOT EXISTS (
      SELECT 1 FROM json_each(:filter) AS want
      WHERE coalesce(series.labels ->> want.key, '') <> want.value)
ORDER BY labels;
