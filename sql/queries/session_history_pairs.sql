-- The series that session_totals_merge will merge, with their targets.
SELECT gone.id, kept.id
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
WHERE gone.rest <> gone.labels ORDER BY gone.id;
