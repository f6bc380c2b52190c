-- The version of the schema. Until it is reset, a statement on this row holds
-- a read transaction.
PRAGMA user_version;
