-- Removes the last running totals that programs have pushed to a group's series.
DELETE FROM pusher
WHERE family_id = :family
  AND coalesce(series, labels) IN (
      SELECT series.labels FROM series
      WHERE series.group_id = :group AND +series.family_id = :family
  );
