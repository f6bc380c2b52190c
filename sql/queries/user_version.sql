-- How many migrations a file has behind it.
PRAGMA user_version;
