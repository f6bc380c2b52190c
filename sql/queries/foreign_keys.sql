-- After the migrations, which recreate tables that others refer to.
PRAGMA foreign_keys = ON;
