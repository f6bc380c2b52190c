-- All objects of the schema. Tables come first, because their indexes and
-- triggers are dropped with them.
SELECT coalesce(type, ''), coalesce(name, ''), coalesce(tbl_name, ''),
       coalesce(sql, '')
FROM sqlite_schema ORDER BY type <> 'table';
