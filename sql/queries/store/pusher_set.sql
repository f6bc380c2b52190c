INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,
                    buckets, epoch, seen_at)
VALUES (:family, :labels, :pusher, :series, :value, :sum, :count, :buckets,
        :epoch, :now)
ON CONFLICT DO UPDATE SET
    series = excluded.series, value = excluded.value, sum = excluded.sum,
    count = excluded.count, buckets = excluded.buckets, epoch = excluded.epoch,
    seen_at = excluded.seen_at;
