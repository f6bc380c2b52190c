SELECT 1 FROM session_variable_value
WHERE variable = :variable AND value = :value;
