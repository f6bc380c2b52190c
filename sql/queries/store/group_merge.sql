-- A group of another node: the later times stay.
UPDATE push_group
SET pushed_at = max(:pushed_at, pushed_at),
    failed_at = max(:failed_at, failed_at)
WHERE labels = :labels
RETURNING id;
