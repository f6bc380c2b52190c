INSERT INTO pusher (family_id, labels, pusher, value, sum, count, buckets,
                    seen_at)
VALUES (:family, :labels, :pusher, :value, :sum, :count, :buckets, :now)
ON CONFLICT DO UPDATE SET
    value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets, seen_at = excluded.seen_at;
