-- A gauge that was never set (count 0) or is NaN (NULL) takes the value
-- whatever its rule. Later only `last` accepts NaN.
UPDATE total SET
    value = CASE iif(count = 0 OR value IS NULL, 'last', :rule)
        WHEN 'max' THEN coalesce(max(value, :value), value)
        WHEN 'min' THEN coalesce(min(value, :value), value)
        WHEN 'sum' THEN iif(:value IS NULL, value,
                        max(-1e100, min(1e100, value + :value)))
        ELSE :value END,
    count = min(count + :count, 9007199254740992),
    updated_at = :now
WHERE series_id = :id;
