-- What programs push together: a group is the labels of the path of a push.

-- labels:    of the path, spelled as in `series`.
-- pushed_at, failed_at: when a push to the group was last taken, or refused, in
--            Unix seconds; 0 says never.
-- An id is never used again (AUTOINCREMENT), so a responder may remember it.
CREATE TABLE push_group (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    labels    TEXT NOT NULL UNIQUE,
    pushed_at REAL NOT NULL,
    failed_at REAL NOT NULL
) STRICT;

-- group_id: the group that the series belongs to, the first that has pushed it;
--           NULL when there is none, and for what was there before this column.
ALTER TABLE series ADD COLUMN group_id INTEGER REFERENCES push_group (id);

CREATE INDEX series_group_id ON series (group_id);

-- Until now a series of this family said when a group was pushed. Where a file
-- lists the family it stays as it is.
INSERT INTO push_group (labels, pushed_at, failed_at)
SELECT series.labels, max(coalesce(series.value, 0), 0), 0
FROM family JOIN series ON series.family_id = family.id
WHERE family.name = 'push_time_seconds' AND series.count > 0
  AND series.labels <> '{}'
ORDER BY series.id;

DELETE FROM series WHERE family_id IN (
    SELECT id FROM family WHERE name = 'push_time_seconds' AND open = 1
);

UPDATE meta SET value = value - changes() WHERE key = 'open_series';

DELETE FROM family WHERE name = 'push_time_seconds' AND open = 1;

UPDATE meta SET value = value + changes() WHERE key = 'open_generation';

-- groups: how many rows `push_group` has.
INSERT INTO meta (key, value)
SELECT 'groups', count(*) FROM push_group;

PRAGMA user_version = 9;
