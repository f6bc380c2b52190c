-- Adds a group of another node, or keeps the later times.
UPDATE push_group
SET pushed_at = max(:pushed_at, pushed_at),
    failed_at = max(:failed_at, failed_at)
WHERE labels = :labels
RETURNING id;
