-- By which a file says whose it is.
PRAGMA application_id;
