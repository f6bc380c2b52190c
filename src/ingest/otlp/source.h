/* source: the resource and the scope that points or spans come from, and what
 * they say of all of them. */
#ifndef TALLYMAN_INGEST_OTLP_SOURCE_H
#define TALLYMAN_INGEST_OTLP_SOURCE_H

#include "ingest/otlp/attributes.h"

struct otlp_source {
    /* Offered labels: `job`; otel_scope_name, otel_scope_version,
     * otel_scope_schema_url and attributes of the scope as otel_scope_*; those
     * of the resource, `own` of them before `instance`, which is the last. */
    const struct label *offered;
    size_t count;
    size_t identity; /* 1 with a job */
    size_t own;      /* attributes of the resource: a point's win over them */
    bool instance;   /* service.instance.id is there */
    const char *pusher; /* the process, as canonical JSON; NULL when nothing
                           identifies it */
    size_t pusher_len;
};

/* Sets *source, which lives as long as out. job is service.namespace and
 * service.name, instance is service.instance.id. What cannot be a label is left
 * out. resource and scope may be NULL. Returns -1 when memory ran out. */
int otlp_source_read(struct otlp_source *source, const Otlp__Resource *resource,
                     const Otlp__InstrumentationScope *scope,
                     const ProtobufCBinaryData *schema_url, struct pushed *out);

/* Offers the labels of the source to the current point, which has its own.
 * delta: its values add to what others have pushed, so `instance` is none. */
void otlp_source_offer(const struct otlp_source *source, bool delta,
                       struct points *points);

#endif
