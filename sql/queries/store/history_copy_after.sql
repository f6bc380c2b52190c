-- Copies the totals of a series at the end of an earlier step, before a push
-- changes them, so that they are written. Totals at zero have not grown, unless
-- the series has a mark. Copies follow each other in time: a later copy, of a
-- clock that went ahead, takes in the growth after it.
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
