/* source: the resource and the scope of points or spans, and their labels. */
#ifndef TALLYMAN_INGEST_OTLP_SOURCE_H
#define TALLYMAN_INGEST_OTLP_SOURCE_H

#include "ingest/otlp/attributes.h"

/* The labels of a resource, which its scopes share. */
struct otlp_resource {
    const char *job; /* service.namespace and service.name */
    size_t job_len;
    const char *instance; /* service.instance.id */
    size_t instance_len;
    bool named;                /* job can be a label */
    bool identified;           /* instance can be a label */
    struct otlp_labels labels; /* attributes that can be labels */
};

struct otlp_source {
    /* Offered labels: `job`; otel_scope_name, otel_scope_version,
     * otel_scope_schema_url and attributes of the scope as otel_scope_*; `own`
     * attributes of the resource; `instance`. */
    const struct label *offered;
    size_t count;
    size_t identity; /* 1 if there is a job, else 0 */
    /* Attributes of the resource; a point's attributes replace them. */
    size_t own;
    bool instance; /* service.instance.id is set */
    /* The process and the scope as canonical JSON: two scopes may have streams
     * of the same name and labels. NULL if the process is not identified or a
     * value is too long. */
    const char *pusher;
    size_t pusher_len;
    bool too_long; /* a value of the pusher has more than `max` bytes */
};

/* Sets *resource, valid as long as out; the message may be NULL. Returns -1 if
 * memory ran out. */
int otlp_resource_read(struct otlp_resource *resource,
                       const Otlp__Resource *message, struct pushed *out);

/* Sets *source, valid as long as out, without attributes that cannot be labels.
 * scope may be NULL; max is the limit in bytes of a value of the pusher.
 * Returns -1 if memory ran out. */
int otlp_source_read(struct otlp_source *source,
                     const struct otlp_resource *resource,
                     const Otlp__InstrumentationScope *scope,
                     const ProtobufCBinaryData *schema_url, size_t max,
                     struct pushed *out);

/* Offers the labels of the source to the current point, whose own labels are
 * set. With delta, values of all processes add up, so `instance` is left out.
 */
void otlp_source_offer(const struct otlp_source *source, bool delta,
                       struct points *points);

#endif
