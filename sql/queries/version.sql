-- What kind of file this is, before anything is written to it.
SELECT (SELECT application_id FROM pragma_application_id) AS application,
       (SELECT user_version FROM pragma_user_version) AS version,
       (SELECT count(*) FROM sqlite_schema) AS objects,
       (SELECT journal_mode FROM pragma_journal_mode) AS journal;
