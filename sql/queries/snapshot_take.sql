-- Behind snapshot_begin: only a read begins the snapshot.
SELECT count(*) FROM sqlite_schema;
