-- Sessions with Grafana dashboards. The totals are ordinary series; what is
-- here is forgotten some time after a session was last heard of, and no total
-- changes by that.

-- The label sets that sessions count in. A session keeps the one it began with
-- by its id. They are not taken from `series`, whose rows can go when the
-- family is no longer listed. Rows are never deleted: the highest id says how
-- many there are.
-- labels:    those of the series of sessions, as there.
-- dashboard: of them, those that the histogram of lengths has.
CREATE TABLE session_label_set (
    id        INTEGER PRIMARY KEY,
    labels    TEXT NOT NULL UNIQUE,
    dashboard TEXT NOT NULL
) STRICT;

-- uuid:       NULL while the session is being forgotten: its times go a few at
--             a time, and a message that comes meanwhile begins it anew.
-- timeout_ms: at most so much of a gap between two messages counts; NULL while
--             not known.
-- capped:     0: the gaps count whole so far; 1: they are capped; 2: they count
--             whole for good.
-- heartbeat, ended: such a message was seen.
-- measured:   the session stands in the histogram of lengths.
-- sum_ms:     of the gaps between its times, capped or not.
-- focused_ms: of them, those that began with the focus.
-- counted_ms, counted_focused_ms: what the totals have of both. It never falls,
--             even if the sums do.
-- seen_at:    when it was last heard of, in Unix seconds by our clock.
-- open_until: when it is taken to be over unless it is heard of; NULL when it
--             is over.
CREATE TABLE session (
    id                 INTEGER PRIMARY KEY,
    uuid               TEXT UNIQUE,
    label_set_id       INTEGER NOT NULL REFERENCES session_label_set (id),
    timeout_ms         INTEGER,
    capped             INTEGER NOT NULL CHECK (capped IN (0, 1, 2)),
    heartbeat          INTEGER NOT NULL CHECK (heartbeat IN (0, 1)),
    ended              INTEGER NOT NULL CHECK (ended IN (0, 1)),
    measured           INTEGER NOT NULL CHECK (measured IN (0, 1)),
    sum_ms             INTEGER NOT NULL,
    focused_ms         INTEGER NOT NULL,
    counted_ms         INTEGER NOT NULL,
    counted_focused_ms INTEGER NOT NULL,
    seen_at            INTEGER NOT NULL,
    open_until         INTEGER
) STRICT;

-- A session stands in one of the two: a message changes one index only.
CREATE INDEX session_open ON session (open_until, label_set_id)
WHERE open_until IS NOT NULL;
CREATE INDEX session_over ON session (seen_at) WHERE open_until IS NULL;

-- The distinct times of a session's messages, by the visitor's clock.
-- time:    in milliseconds since 1970.
-- focused: the page had the focus then.
CREATE TABLE session_time (
    session_id INTEGER NOT NULL REFERENCES session (id),
    time       INTEGER NOT NULL,
    focused    INTEGER NOT NULL CHECK (focused IN (0, 1)),
    PRIMARY KEY (session_id, time)
) STRICT, WITHOUT ROWID;

-- The values of variables that have label sets of their own; the rest counts as
-- `other`. They are kept apart from `series` so that their number is known in
-- no time, and by all responders alike.
CREATE TABLE session_variable_value (
    variable TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (variable, value)
) STRICT, WITHOUT ROWID;

-- What a person reads with the sqlite3 shell. seconds are those in the totals.
CREATE VIEW session_list AS
SELECT session.uuid AS uuid,
       json_extract(session_label_set.labels, '$.dashboard_name')
           AS dashboard,
       datetime((SELECT min(time) FROM session_time
                 WHERE session_id = session.id) / 1000, 'unixepoch')
           AS started,
       iif(session.ended,
           datetime((SELECT max(time) FROM session_time
                     WHERE session_id = session.id) / 1000, 'unixepoch'),
           NULL) AS ended,
       session.counted_ms / 1000.0 AS seconds
FROM session
JOIN session_label_set ON session_label_set.id = session.label_set_id
WHERE session.uuid IS NOT NULL;

PRAGMA user_version = 5;
