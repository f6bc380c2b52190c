-- The alerts of a rule.
SELECT labels, firing, since, value FROM alert
WHERE rule = :rule ORDER BY labels;
