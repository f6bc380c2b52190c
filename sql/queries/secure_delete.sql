PRAGMA secure_delete;
