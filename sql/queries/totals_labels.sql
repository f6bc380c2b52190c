-- The names of the labels in the rows of totals_list.
SELECT DISTINCT label.key
FROM series
LEFT JOIN total ON total.series_id = series.id
JOIN json_each(CASE WHEN json_valid(series.labels)
                    THEN series.labels ELSE '{}' END) AS label
WHERE family_id = :family
  AND (:always OR count > 0 OR count IS NULL)
  AND typeof(label.key) = 'text'
  AND NOT EXISTS (
      SELECT 1 FROM json_each(:filter) AS want
      WHERE coalesce(series.labels ->> want.key, '') <> want.value)
ORDER BY label.key;
