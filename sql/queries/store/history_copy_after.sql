-- Copies the totals of a series at the end of an earlier step, before a push
-- changes them; the copy is written later. Totals at zero have not grown,
-- unless the series has a mark. Copies are in the order of time: growth after a
-- step that a wrong clock put into the future counts in that step.
INSERT INTO history_due (series_id, at, value, sum, count, buckets)
SELECT series_id,
       max(updated_at, 0, coalesce((SELECT max(at) FROM history_due
                                    WHERE history_due.series_id = :id), 0)),
       value, sum, count, buckets
FROM total
WHERE series_id = :id AND updated_at < :step
  AND (value IS NULL OR value <> 0 OR count <> 0
       OR EXISTS (SELECT 1 FROM history_mark
                  WHERE history_mark.series_id = :id))
  AND EXISTS (SELECT 1 FROM series WHERE id = :id)
ON CONFLICT DO UPDATE SET
    value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets;
