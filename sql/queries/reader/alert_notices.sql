-- The notices of a channel, or of all channels if it is NULL, oldest first.
SELECT id, channel, message, made_at, tries, error FROM alert_notice
WHERE :channel IS NULL OR channel = :channel ORDER BY id;
