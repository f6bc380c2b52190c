-- One that has lost its totals is none.
SELECT id FROM series JOIN total ON total.series_id = series.id
WHERE family_id = :family AND labels = :labels;
