SELECT value, sum, count, buckets, epoch FROM pusher
WHERE family_id = :family AND labels = :labels AND pusher = :pusher;
