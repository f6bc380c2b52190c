-- Like history_copy_after, for all series with unwritten changes. Series
-- without a mark that are older than :since have an unknown past and are left
-- out.
INSERT INTO history_due (series_id, at, value, sum, count, buckets)
SELECT total.series_id,
       max(updated_at, 0, coalesce((SELECT max(at) FROM history_due AS due
                                    WHERE due.series_id = total.series_id), 0)),
       total.value, total.sum, total.count, total.buckets
FROM total
JOIN series ON series.id = total.series_id
LEFT JOIN history_mark AS mark ON mark.series_id = total.series_id
WHERE (mark.series_id IS NOT NULL OR created_at >= :since)
  AND (total.value IS NOT iif(mark.series_id IS NULL, 0, mark.value)
       OR total.sum <> coalesce(mark.sum, 0)
       OR total.count <> coalesce(mark.count, 0))
ON CONFLICT DO UPDATE SET
    value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets;
