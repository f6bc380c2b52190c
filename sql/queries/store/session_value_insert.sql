INSERT INTO session_variable_value (variable, value)
VALUES (:variable, :value);
