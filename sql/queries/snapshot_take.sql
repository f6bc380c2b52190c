-- After snapshot_begin: the first read takes the snapshot.
SELECT count(*) FROM sqlite_schema;
