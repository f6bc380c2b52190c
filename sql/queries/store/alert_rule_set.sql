INSERT INTO alert_rule (name, position, query, condition, measured, unit,
                        families, every_seconds, for_seconds, severity, text,
                        evaluated_at, seconds, error, early)
VALUES (:name, :position, :query, :condition, :measured, :unit, :families,
        :every_seconds, :for_seconds, :severity, :text, :evaluated_at, :seconds,
        :error, :early)
ON CONFLICT DO UPDATE SET
    position = excluded.position, query = excluded.query,
    condition = excluded.condition, measured = excluded.measured,
    unit = excluded.unit, families = excluded.families,
    every_seconds = excluded.every_seconds, for_seconds = excluded.for_seconds,
    severity = excluded.severity, text = excluded.text,
    evaluated_at = excluded.evaluated_at, seconds = excluded.seconds,
    error = excluded.error, early = excluded.early;
