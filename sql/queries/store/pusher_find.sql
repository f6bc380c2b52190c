SELECT value, sum, count, buckets FROM pusher
WHERE family_id = :family AND labels = :labels AND pusher = :pusher;
