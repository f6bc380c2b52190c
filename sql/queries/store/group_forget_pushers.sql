-- What programs have pushed last to the series of a group goes with them.
DELETE FROM pusher
WHERE family_id = :family
  AND coalesce(series, labels) IN (
      SELECT series.labels FROM series
      WHERE series.group_id = :group AND +series.family_id = :family
  );
