-- Removes the labels in :patch from label sets, or those in :plain where
-- user_login is not a hash. Of label sets that become equal the first keeps
-- the text, unless that text exists already; the others keep only their id.
WITH named (id, rest) AS MATERIALIZED (
    SELECT id, iif(json_valid(labels), json_patch(labels, iif(
        labels ->> 'user_login' <> 'other' AND (
            length(labels ->> 'user_login') <> 16
            OR labels ->> 'user_login' GLOB '*[^0-9a-f]*'
        ),
        :plain, :patch)), labels) AS rest
    FROM session_label_set WHERE rest <> labels
),
target (id, rest, into_id) AS MATERIALIZED (
    SELECT named.id, named.rest, coalesce(
        (SELECT kept.id FROM session_label_set AS kept
         WHERE kept.labels = named.rest),
        min(named.id) OVER (PARTITION BY named.rest))
    FROM named
)
UPDATE session_label_set SET
    labels = iif(target.into_id = target.id, target.rest,
        json_object('into', CAST(target.into_id AS TEXT),
                    'merged', CAST(target.id AS TEXT))),
    dashboard = iif(target.into_id = target.id,
        iif(json_valid(dashboard), json_patch(dashboard, :patch), dashboard),
        '{}')
FROM target WHERE target.id = session_label_set.id;
