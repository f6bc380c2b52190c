-- Does nothing if the series was deleted by hand: the push counts all the same.
INSERT INTO exemplar (series_id, bucket, labels, value, time)
SELECT id, :bucket, :labels, :value, :time FROM series WHERE id = :id
ON CONFLICT DO UPDATE SET
    labels = excluded.labels, value = excluded.value, time = excluded.time;
