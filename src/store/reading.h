/* reading: struct reader, shared by the files that read. */
#ifndef TALLYMAN_STORE_READING_H
#define TALLYMAN_STORE_READING_H

#include "sql.h"
#include "store/db.h"
#include "store/exemplar_rows.h"

/* One for each file in sql/queries/reader/, and two that a store has too. */
#define READER_STATEMENTS(X) SQL_READER(X) X(generation) X(rollback)

struct reader_statements {
#define STATEMENT(name) struct db_statement *name;
    READER_STATEMENTS(STATEMENT)
#undef STATEMENT
};

struct reader {
    struct db *db;
    bool shared; /* db belongs to the caller */
    struct reader_statements sql;
    struct exemplar_rows exemplars; /* of the current family */
};

#endif
