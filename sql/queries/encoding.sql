PRAGMA encoding;
