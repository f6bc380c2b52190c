-- Queries by SQL, and alerts. schema.sql describes the tables.

CREATE TABLE sql_query (
    name          TEXT PRIMARY KEY,
    started_at    REAL NOT NULL,
    claimed_until REAL NOT NULL,
    runs          INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    succeeded_at  REAL NOT NULL,
    seconds       REAL NOT NULL,
    error         TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_rule (
    name          TEXT PRIMARY KEY,
    position      INTEGER NOT NULL,
    query         TEXT NOT NULL,
    condition     TEXT NOT NULL,
    measured      TEXT NOT NULL,
    unit          TEXT NOT NULL,
    families      TEXT NOT NULL,
    every_seconds INTEGER NOT NULL,
    for_seconds   INTEGER NOT NULL,
    severity      TEXT NOT NULL,
    text          TEXT NOT NULL,
    evaluated_at  REAL NOT NULL,
    seconds       REAL NOT NULL,
    error         TEXT,
    early         INTEGER NOT NULL DEFAULT 0 CHECK (early IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    rule   TEXT NOT NULL REFERENCES alert_rule (name) ON DELETE CASCADE,
    labels TEXT NOT NULL,
    firing INTEGER NOT NULL CHECK (firing IN (0, 1)),
    since  REAL NOT NULL,
    value  REAL NOT NULL,
    PRIMARY KEY (rule, labels)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_notice (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    message TEXT NOT NULL,
    made_at REAL NOT NULL,
    tries   INTEGER NOT NULL DEFAULT 0,
    error   TEXT
) STRICT;

CREATE VIEW sql_query_list AS
SELECT name, runs, errors,
       iif(succeeded_at > 0, datetime(succeeded_at, 'unixepoch'), NULL)
           AS succeeded,
       seconds, error
FROM sql_query;

CREATE VIEW alert_list AS
SELECT alert_rule.name AS rule,
       alert.labels AS labels,
       alert_rule.severity AS severity,
       iif(alert.firing, 'firing', 'pending') AS state,
       datetime(alert.since, 'unixepoch') AS since,
       alert.value AS value,
       alert_rule.text AS text
FROM alert
JOIN alert_rule ON alert_rule.name = alert.rule;

PRAGMA user_version = 14;
