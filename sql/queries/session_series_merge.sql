-- Creates the series without the labels in :patch, or without those in :plain
-- where user_login is not a hash. session_totals_merge.sql then moves the
-- totals.
INSERT INTO series (family_id, labels, created_at)
SELECT family_id, iif(json_valid(labels), json_patch(labels, iif(
        labels ->> 'user_login' <> 'other' AND (
            length(labels ->> 'user_login') <> 16
            OR labels ->> 'user_login' GLOB '*[^0-9a-f]*'
        ),
        :plain, :patch)), labels) AS rest,
       created_at
FROM series WHERE family_id = :family AND rest <> labels
ON CONFLICT (family_id, labels) DO UPDATE SET
    created_at = min(created_at, excluded.created_at);
