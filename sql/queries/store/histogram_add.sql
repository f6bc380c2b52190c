-- The sum saturates at METRIC_VALUE_MAX, the counts at HISTOGRAM_COUNT_MAX: an
-- integer that overflows becomes a real, which the column refuses. buckets_add
-- is the responder's own function: :buckets are plain counts, a blob.
UPDATE total SET
    sum = max(-1e100, min(1e100, sum + :sum)),
    count = min(count + :count, 9007199254740992),
    buckets = buckets_add(buckets, :buckets),
    updated_at = :now
WHERE series_id = :id;
