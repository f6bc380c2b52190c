-- Without results of queries by SQL: that node has not counted them.
SELECT id, name, type, help, unit, bounds FROM family
WHERE name NOT IN (SELECT name FROM sql_query)
ORDER BY name;
