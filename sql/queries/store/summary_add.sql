-- Sum and count saturate, see histogram_add.
UPDATE total SET
    sum = max(-1e100, min(1e100, sum + :sum)),
    count = min(count + :count, 9007199254740992),
    updated_at = :now
WHERE series_id = :id;
