-- How many rows point to one that is not there, and the table of the first.
SELECT count(*), (SELECT "table" FROM pragma_foreign_key_check LIMIT 1)
FROM pragma_foreign_key_check;
