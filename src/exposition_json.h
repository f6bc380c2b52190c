/* exposition_json: families and series as the reply of the read API that the
 * Pushgateway has, GET /api/v1/metrics. */
#ifndef TALLYMAN_EXPOSITION_JSON_H
#define TALLYMAN_EXPOSITION_JSON_H

#include "registry.h"
#include "series.h"
#include "strbuf.h"

/* The caller sets out and zeroes the rest. All families are in one object, as
 * if they were one group without labels:
 *   {"status":"success","data":[{"labels":{},"NAME":{"type":"COUNTER",
 *   "help":"TEXT","metrics":[{"labels":{},"value":"3"}]}}]}
 * Families without series are left out, so that the array of an empty store is
 * empty; and so is a family called `labels`, whose place is taken. */
struct exposition_json {
    struct strbuf *out;
    struct strbuf scratch;
    const struct family *family; /* of the series that follow */
    bool in_group;               /* the object has been opened */
    bool in_family;              /* and the current family in it */
};

void exposition_json_begin(struct exposition_json *exposition);

/* The series that follow are of this family, which stays valid as long. */
void exposition_json_family(struct exposition_json *exposition,
                            const struct family *family);

/* A series. Returns -1 and writes nothing when its labels or buckets are not
 * as the store writes them. */
int exposition_json_series(struct exposition_json *exposition,
                           const struct series *series);

void exposition_json_end(struct exposition_json *exposition);

/* Frees all but out. */
void exposition_json_free(struct exposition_json *exposition);

#endif
