-- A push was accepted or refused; the other time is 0.
UPDATE push_group
SET pushed_at = iif(:pushed_at > 0, :pushed_at, pushed_at),
    failed_at = iif(:failed_at > 0, :failed_at, failed_at)
WHERE labels = :labels
RETURNING id;
