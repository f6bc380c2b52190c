-- The latest refusals of a responder, from its reply to /api/v1/status. The
-- name '' replaces names that no family could have.
SELECT coalesce(value ->> 'reason', '') AS reason,
       coalesce(nullif(value ->> 'family', ''), 'no valid name') AS family,
       coalesce(value ->> 'label', '') AS label,
       value ->> 'pushes' AS pushes,
       coalesce(strftime('%Y-%m-%d %H:%M:%S UTC', value ->> 'time',
                         'unixepoch'), '') AS time
FROM json_each(:status, '$.data.refusals')
WHERE type = 'object'
  AND typeof(value ->> 'pushes') = 'integer'
  AND typeof(value ->> 'time') = 'integer';
