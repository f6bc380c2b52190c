#include "cli/keep/origin.h"

#include "cli/command/database.h"
#include "sql.h"
#include "store/schema.h"

int origin_open(struct origin *origin, const char *path, struct err *err) {
    if (db_open(path, true, DATABASE_PATIENCE_MS, &origin->db, err) != 0)
        return -1;
    if (db_execute(origin->db, sql_snapshot_begin, err) == 0 &&
        db_execute(origin->db, sql_snapshot_take, err) == 0 &&
        schema_check(origin->db, path, &origin->version, err) == 0)
        return 0;
    origin_close(origin);
    return -1;
}

void origin_close(struct origin *origin) {
    db_close(origin->db);
    origin->db = NULL;
}
