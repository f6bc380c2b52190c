/* row_fault: finds rows that no responder has written. Readers skip them
 * silently. */
#ifndef TALLYMAN_STORE_ROW_FAULT_H
#define TALLYMAN_STORE_ROW_FAULT_H

#include "base/err.h"
#include "store/db.h"

/* The texts are valid during the visit. */
struct row_fault {
    const char *table;
    const char *family; /* any text; "" if the table has none */
    const char *labels; /* any text; "" if the table has none */
    const char *what;   /* such as "labels are not ..." */
};

/* Non-zero ends the search. */
typedef int row_fault_visit(void *context, const struct row_fault *fault);

/* Visits each row of family, series, pusher, session_label_set and push_group
 * whose name, labels, bounds, buckets, totals or times are damaged or missing.
 * The schema must have the newest version. Returns the value of the last visit,
 * or -1 with err. */
int row_faults_find(struct db *db, row_fault_visit *visit, void *context,
                    struct err *err);

/* Refuses the database at path with ERR_CORRUPT if a row refers to a missing
 * one, such as totals without their series. The schema must have the newest
 * version. */
int row_references_check(struct db *db, const char *path, struct err *err);

#endif
