-- Behind the migrations, which make tables anew that others refer to.
PRAGMA foreign_keys = ON;
