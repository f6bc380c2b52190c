-- A gauge that was never set, or is not a number, counts as 0 before the
-- addition. The value stays between :least and :most.
UPDATE total SET
    value = max(:least, min(:most, coalesce(value, 0) + :value)),
    count = min(count + :count, 9007199254740992),
    updated_at = :now
WHERE series_id = :id;
