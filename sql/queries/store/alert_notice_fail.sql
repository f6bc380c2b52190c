UPDATE alert_notice SET tries = tries + 1, error = :why WHERE id = :id;
