SELECT count(*) FROM session_variable_value WHERE variable = :variable;
