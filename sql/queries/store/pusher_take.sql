-- The totals that another node knows of a process, unless it is known here.
INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,
                    buckets, epoch, seen_at)
VALUES (:family, :labels, :pusher, :series, :value, :sum, :count, :buckets,
        :epoch, :seen_at)
ON CONFLICT DO NOTHING;
