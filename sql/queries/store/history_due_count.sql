SELECT count(*) FROM history_due;
