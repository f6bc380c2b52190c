-- Deletes queries that are not in the JSON array :names.
DELETE FROM sql_query WHERE name NOT IN (SELECT value FROM json_each(:names));
