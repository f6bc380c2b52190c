-- A commit outlives the process; the last ones may be lost in a power cut.
PRAGMA synchronous = NORMAL;
