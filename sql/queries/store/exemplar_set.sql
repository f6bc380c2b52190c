INSERT INTO exemplar (series_id, bucket, labels, value, time)
VALUES (:id, :bucket, :labels, :value, :time)
ON CONFLICT DO UPDATE SET
    labels = excluded.labels, value = excluded.value, time = excluded.time;
