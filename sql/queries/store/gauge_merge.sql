-- Like gauge_set, for a value that another node set at :at; `last` keeps the
-- newer value.
UPDATE total SET
    value = CASE
        WHEN count = 0 THEN :value
        WHEN :rule = 'last' THEN iif(:at > updated_at, :value, value)
        WHEN value IS NULL THEN :value
        WHEN :value IS NULL THEN value
        WHEN :rule = 'max' THEN max(value, :value)
        WHEN :rule = 'min' THEN min(value, :value)
        ELSE max(-1e100, min(1e100, value + :value)) END,
    count = min(count + :count, 9007199254740992),
    updated_at = iif(count = 0, min(:at, :now),
                     max(updated_at, min(:at, :now)))
WHERE series_id = :id;
