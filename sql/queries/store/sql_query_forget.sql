-- Queries that are not in the JSON array :names any more.
DELETE FROM sql_query WHERE name NOT IN (SELECT value FROM json_each(:names));
