-- A gauge that was never set (count 0) takes the value whatever its rule.
UPDATE series SET
    value = CASE iif(count = 0, 'last', :rule)
        WHEN 'max' THEN max(value, :value)
        WHEN 'min' THEN min(value, :value)
        WHEN 'sum' THEN value + :value
        ELSE :value END,
    count = count + :count,
    updated_at = :now
WHERE id = :id;
