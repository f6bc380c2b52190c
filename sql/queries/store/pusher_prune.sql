-- A few at a time, the longest unseen ones first.
DELETE FROM pusher WHERE (family_id, labels, pusher) IN (
    SELECT family_id, labels, pusher FROM pusher
    WHERE seen_at < :horizon ORDER BY seen_at LIMIT 100
);
