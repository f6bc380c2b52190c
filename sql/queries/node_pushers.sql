SELECT family.name, labels, pusher, series, value, sum, count, buckets, epoch,
       seen_at
FROM pusher JOIN family ON family.id = pusher.family_id
ORDER BY family.id, labels, pusher;
