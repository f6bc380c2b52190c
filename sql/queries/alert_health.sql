-- The last evaluation of the rules (NULL: never), the number of waiting
-- notices, how many of them have failed, and the reason of the oldest one.
SELECT (SELECT max(evaluated_at) FROM alert_rule),
       count(*),
       count(error),
       (SELECT error FROM alert_notice WHERE error IS NOT NULL ORDER BY id LIMIT 1)
FROM alert_notice;
