-- Adds the totals of series to those without the labels in :patch or :plain;
-- see session_series_merge.sql.
INSERT INTO total (series_id, value, sum, count, buckets, updated_at)
SELECT kept.id, total.value, total.sum, total.count, total.buckets,
       total.updated_at
FROM (
    SELECT id, family_id, labels, iif(json_valid(labels), json_patch(labels, iif(
        labels ->> 'user_login' <> 'other' AND (
            length(labels ->> 'user_login') <> 16
            OR labels ->> 'user_login' GLOB '*[^0-9a-f]*'
        ),
        :plain, :patch)), labels) AS rest
    FROM series WHERE family_id = :family
) AS gone
JOIN series AS kept ON kept.family_id = gone.family_id AND kept.labels = gone.rest
JOIN total ON total.series_id = gone.id
WHERE gone.rest <> gone.labels
ON CONFLICT (series_id) DO UPDATE SET
    value = min(1e100, value + excluded.value),
    sum = max(-1e100, min(1e100, sum + excluded.sum)),
    count = min(count + excluded.count, 9007199254740992),
    buckets = iif(buckets IS NULL, NULL,
                  buckets_add(buckets, excluded.buckets)),
    updated_at = max(updated_at, excluded.updated_at);
