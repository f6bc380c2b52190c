-- Those of a channel, NULL: of all, in the order in which they were made.
SELECT id, channel, message, made_at, tries, error FROM alert_notice
WHERE :channel IS NULL OR channel = :channel ORDER BY id;
