-- Does nothing if the variable has too many values.
INSERT INTO session_variable_value (variable, value)
SELECT :variable, :value
WHERE (
    SELECT count(*) FROM session_variable_value WHERE variable = :variable
) < :max;
