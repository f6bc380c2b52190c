-- Everything in the schema; tables first, since their indexes and triggers go
-- with them.
SELECT coalesce(type, ''), coalesce(name, ''), coalesce(tbl_name, ''),
       coalesce(sql, '')
FROM sqlite_schema ORDER BY type <> 'table';
