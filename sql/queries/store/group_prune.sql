-- Deletes some groups that have no series and have not been pushed for a long
-- time.
DELETE FROM push_group WHERE id IN (
    SELECT id FROM push_group
    WHERE max(pushed_at, failed_at) < :horizon
      AND NOT EXISTS (
          SELECT 1 FROM series WHERE series.group_id = push_group.id
      )
    LIMIT 100
);
