-- buckets_add is the responder's own function: it adds two JSON arrays.
UPDATE series SET
    sum = sum + :sum,
    count = count + :count,
    buckets = buckets_add(buckets, :buckets),
    updated_at = :now
WHERE id = :id;
