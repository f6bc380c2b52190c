-- The version of the schema. A statement that stands on this row reads the
-- database, until it is reset.
PRAGMA user_version;
