INSERT INTO push_group (labels, pushed_at, failed_at)
VALUES (:labels, :pushed_at, :failed_at);
