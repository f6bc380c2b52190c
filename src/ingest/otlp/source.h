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
    struct otlp_labels labels; /* its attributes that can be labels */
};

struct otlp_source {
    /* Offered labels: `job`; otel_scope_name, otel_scope_version,
     * otel_scope_schema_url and attributes of the scope as otel_scope_*; those
     * of the resource, `own` of them before `instance`, which is the last. */
    const struct label *offered;
    size_t count;
    size_t identity; /* 1 with a job */
    size_t own;      /* attributes of the resource: a point's win over them */
    bool instance;   /* service.instance.id is there */
    /* The process and the scope, as canonical JSON: two scopes may have streams
     * of the same name and labels. NULL when nothing identifies the process, or
     * a value is too long. */
    const char *pusher;
    size_t pusher_len;
    bool too_long; /* a value of the pusher has more than `max` bytes */
};

/* Sets *resource, which lives as long as out; the message may be NULL. Returns
 * -1 when memory ran out. */
int otlp_resource_read(struct otlp_resource *resource,
                       const Otlp__Resource *message, struct pushed *out);

/* Sets *source, which lives as long as out. Attributes that cannot be labels
 * are left out. scope may be NULL; max: bytes of a value of the pusher. Returns
 * -1 when memory ran out. */
int otlp_source_read(struct otlp_source *source,
                     const struct otlp_resource *resource,
                     const Otlp__InstrumentationScope *scope,
                     const ProtobufCBinaryData *schema_url, size_t max,
                     struct pushed *out);

/* Offers the labels of the source to the current point, which has its own.
 * delta: its values add to what others have pushed, so `instance` is none. */
void otlp_source_offer(const struct otlp_source *source, bool delta,
                       struct points *points);

#endif
