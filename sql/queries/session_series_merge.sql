-- Adds series to those without the labels that :patch takes away, :plain where
-- user_login is no hash.
INSERT INTO series (family_id, labels, value, sum, count, buckets, created_at,
                    updated_at)
SELECT family_id, iif(json_valid(labels), json_patch(labels, iif(
        labels ->> 'user_login' <> 'other' AND (
            length(labels ->> 'user_login') <> 16
            OR labels ->> 'user_login' GLOB '*[^0-9a-f]*'
        ),
        :plain, :patch)), labels) AS rest,
       value, sum, count, buckets, created_at, updated_at
FROM series WHERE family_id = :family AND rest <> labels
ON CONFLICT (family_id, labels) DO UPDATE SET
    value = min(1e100, value + excluded.value),
    sum = max(-1e100, min(1e100, sum + excluded.sum)),
    count = min(count + excluded.count, 9007199254740992),
    buckets = iif(buckets IS NULL, NULL,
                  buckets_add(buckets, excluded.buckets)),
    created_at = min(created_at, excluded.created_at),
    updated_at = max(updated_at, excluded.updated_at);
