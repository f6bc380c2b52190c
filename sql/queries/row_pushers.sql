SELECT labels, pusher, series, buckets FROM pusher WHERE family_id = :family;
