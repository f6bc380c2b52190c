-- What programs have pushed last to the series of a group goes with them.
SELECT pusher.family_id, pusher.labels, pusher.pusher
FROM series JOIN pusher
    ON pusher.family_id = series.family_id
   AND coalesce(pusher.series, pusher.labels) = series.labels
WHERE series.group_id = :group;
