-- Marks a file as one of Tallyman.
PRAGMA application_id;
