-- Label sets without the labels that :patch takes away, :plain where user_login
-- is no hash. The first of those that become the same keeps the text, unless
-- there is such a one already; of the others only the number stays.
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
