INSERT INTO alert_notice (channel, message, made_at)
VALUES (:channel, :message, :made_at);
