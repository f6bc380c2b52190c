/* json: families and series as the reply of the read API that the
 * Pushgateway has, GET /api/v1/metrics. */
#ifndef TALLYMAN_EXPOSE_JSON_H
#define TALLYMAN_EXPOSE_JSON_H

#include "base/json_writer.h"
#include "metrics/push_group.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* What was pushed together is an object:
 *   {"status":"success","data":[{"labels":{"job":"j"},
 *   "last_push_successful":true,"push_time_seconds":{...},
 *   "push_failure_time_seconds":{...},"NAME":{"type":"COUNTER","help":"TEXT",
 *   "metrics":[{"labels":{"job":"j"},"value":"3"}],
 *   "time_stamp":"2026-01-02T03:04:05Z"}}]}
 * Series in no group are in one object, as if they were one group without
 * labels, and without times of pushes. Families without series are left out,
 * and so is this object; and families whose place is taken, such as `labels`.
 */
struct exposition_json {
    struct json_writer json;
    struct strbuf scratch;
    const struct family *family; /* of the series that follow */
    int64_t updated_at;          /* of those so far, the latest */
    bool group;                  /* the families are of a group */
    bool in_group;               /* its object has been opened, not closed */
    bool in_family;              /* and the current family in it */
};

/* The reply goes to out. */
void exposition_json_begin(struct exposition_json *exposition,
                           struct strbuf *out);

/* The families that follow are of this group; of none for NULL. Returns -1 and
 * writes nothing when its labels are not as the store writes them. */
int exposition_json_group(struct exposition_json *exposition,
                          const struct push_group *group);

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
