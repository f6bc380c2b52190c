-- Like series_find, with the value.
SELECT id, value FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family AND labels = :labels;
