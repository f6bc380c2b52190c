-- One row `ok`, or the first faults of the file.
PRAGMA integrity_check(1);
