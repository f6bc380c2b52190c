-- One row `ok`, or the first of what is wrong with the file.
PRAGMA integrity_check(1);
