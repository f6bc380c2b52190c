DELETE FROM alert_notice WHERE id = :id;
