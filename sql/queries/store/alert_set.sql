INSERT INTO alert (rule, labels, firing, since, value)
VALUES (:rule, :labels, :firing, :since, :value)
ON CONFLICT DO UPDATE SET
    firing = excluded.firing, since = excluded.since, value = excluded.value;
