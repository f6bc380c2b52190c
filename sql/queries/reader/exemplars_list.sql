-- The exemplars of a family, in the order of series in the other lists.
SELECT series.labels, bucket, exemplar.labels, value, time
FROM series JOIN exemplar ON exemplar.series_id = series.id
WHERE family_id = :family ORDER BY series.labels, bucket;
