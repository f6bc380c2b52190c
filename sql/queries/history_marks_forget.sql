DELETE FROM history_mark;
