-- Adopts another node's last totals of a process that is unknown here.
INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,
                    buckets, epoch, seen_at)
VALUES (:family, :labels, :pusher, :series, :value, :sum, :count, :buckets,
        :epoch, :seen_at)
ON CONFLICT DO NOTHING;
