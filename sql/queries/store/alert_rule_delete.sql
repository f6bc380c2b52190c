DELETE FROM alert_rule WHERE name = :name;
