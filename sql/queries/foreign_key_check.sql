-- How many rows of which tables point to rows that are not there.
SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY "table";
