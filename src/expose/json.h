/* json: writes families and series as the Pushgateway's read API does, GET
 * /api/v1/metrics. */
#ifndef TALLYMAN_EXPOSE_JSON_H
#define TALLYMAN_EXPOSE_JSON_H

#include "base/json_writer.h"
#include "metrics/push_group.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* A group of pushed families is an object:
 *   {"status":"success","data":[{"labels":{"job":"j"},
 *   "last_push_successful":true,"push_time_seconds":{...},
 *   "push_failure_time_seconds":{...},"NAME":{"type":"COUNTER","help":"TEXT",
 *   "metrics":[{"labels":{"job":"j"},"value":"3"}],
 *   "time_stamp":"2026-01-02T03:04:05Z"}}]}
 * Series in no group are in one object, as if they were one group without
 * labels, and without times of pushes. Left out are families without series,
 * this object if it has no families, and families whose name is already a key
 * of the object, such as `labels`.
 */
struct exposition_json {
    struct json_writer json;
    struct strbuf scratch;
    const struct family *family; /* of the next series */
    int64_t updated_at;          /* the latest of its series so far */
    bool group;                  /* the next families belong to a group */
    bool in_group;               /* the object of the group is open */
    bool in_family;              /* the object of the family is open */
};

/* Begins the reply, which is appended to out. */
void exposition_json_begin(struct exposition_json *exposition,
                           struct strbuf *out);

/* Begins a group; NULL: families without a group. Returns -1 and writes nothing
 * when its labels are not in the stored form. */
int exposition_json_group(struct exposition_json *exposition,
                          const struct push_group *group);

/* Begins a family, which must stay valid while its series are written. */
void exposition_json_family(struct exposition_json *exposition,
                            const struct family *family);

/* Writes a series. Returns -1 and writes nothing when its labels or buckets are
 * not in the stored form. */
int exposition_json_series(struct exposition_json *exposition,
                           const struct series *series);

void exposition_json_end(struct exposition_json *exposition);

/* Frees everything except out. */
void exposition_json_free(struct exposition_json *exposition);

#endif
