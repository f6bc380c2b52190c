SELECT count(*) FROM pusher WHERE seen_at < :horizon;
