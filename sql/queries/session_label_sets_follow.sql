-- Sessions of label sets that session_label_sets_merge has merged into others.
UPDATE session SET label_set_id = CAST(merged.labels ->> 'into' AS INTEGER)
FROM session_label_set AS merged
WHERE merged.id = session.label_set_id AND merged.labels GLOB '{"into":*';
