-- Nothing for a series that somebody has deleted: the push counts all the same.
INSERT INTO exemplar (series_id, bucket, labels, value, time)
SELECT id, :bucket, :labels, :value, :time FROM series WHERE id = :id
ON CONFLICT DO UPDATE SET
    labels = excluded.labels, value = excluded.value, time = excluded.time;
