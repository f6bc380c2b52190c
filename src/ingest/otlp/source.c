#include "ingest/otlp/source.h"

#include <string.h>

#include "base/utf8.h"

/* A list of labels that grows up to PUSHED_LABELS_MAX. */
struct offer {
    struct pushed *out;
    struct label labels[PUSHED_LABELS_MAX];
    size_t count;
    size_t room;
    bool failed; /* memory ran out */
};

static bool is_text(const char *text, size_t len) {
    return len > 0 && utf8_valid(text, len) && !memchr(text, '\0', len);
}

static bool is_label(const char *name, const char *value, size_t len) {
    return is_text(value, len) &&
           label_name_fault(name, strlen(name)) == NAME_FINE &&
           name[strspn(name, "_")] != '\0';
}

/* Adds a valid label unless the name is present or the list is full. */
static void add(struct offer *offer, const char *name, const char *value,
                size_t len) {
    if (offer->count == offer->room)
        return;
    const char *kept = pushed_label_name(offer->out, name, strlen(name));
    if (!kept)
        offer->failed = true;
    else if (!label_find(offer->labels, offer->count, kept))
        offer->labels[offer->count++] = (struct label){kept, value, len};
}

/* Adds a label if it is valid. */
static void offer(struct offer *offer, const char *name, const char *value,
                  size_t len) {
    if (is_label(name, value, len))
        add(offer, name, value, len);
}

static void offer_bytes(struct offer *list, const char *name,
                        const ProtobufCBinaryData *bytes) {
    char *text =
        arena_copy(&list->out->arena,
                   bytes->len > 0 ? (const char *)bytes->data : "", bytes->len);
    list->failed = list->failed || !text;
    if (text)
        offer(list, name, text, bytes->len);
}

/* service.namespace/service.name; "" if the name is missing. */
static const char *read_job(struct otlp_attributes attributes,
                            struct arena *arena, size_t *len) {
    size_t space_len;
    const char *space = otlp_text(
        otlp_attribute(attributes, "service.namespace"), arena, &space_len);
    const char *name =
        otlp_text(otlp_attribute(attributes, "service.name"), arena, len);
    if (!space || !name || space_len == 0 || *len == 0)
        return space ? name : NULL;
    char *job = arena_take(arena, space_len + *len + 2);
    if (!job)
        return NULL;
    char *end = mempcpy(job, space, space_len);
    *end++ = '/';
    end = mempcpy(end, name, *len);
    *end = '\0';
    *len = (size_t)(end - job);
    return job;
}

static void offer_scope(struct offer *list,
                        const Otlp__InstrumentationScope *scope,
                        const ProtobufCBinaryData *schema_url) {
    struct otlp_labels labels = {.count = 0};
    if (scope) {
        offer_bytes(list, "otel_scope_name", &scope->name);
        offer_bytes(list, "otel_scope_version", &scope->version);
    }
    offer_bytes(list, "otel_scope_schema_url", schema_url);
    if (scope &&
        otlp_labels_read(
            (struct otlp_attributes){scope->attributes, scope->n_attributes},
            "otel_scope_", &list->out->arena, &labels) != 0)
        list->failed = true;
    for (size_t i = 0; i < labels.count; i++)
        offer(list, labels.labels[i].name, labels.labels[i].value,
              labels.labels[i].value_len);
}

static void offer_resource(struct offer *list,
                           const struct otlp_resource *resource) {
    for (size_t i = 0; i < resource->labels.count; i++) {
        const struct label *label = &resource->labels.labels[i];
        if (strcmp(label->name, "service_instance_id") != 0 &&
            (!resource->identified || strcmp(label->name, "instance") != 0))
            add(list, label->name, label->value, label->value_len);
    }
}

/* Writes the labels of the process and the scope: the first `count` of the list
 * and its last, `instance`. */
static int set_pusher(struct otlp_source *source, const struct offer *list,
                      size_t count, size_t max) {
    struct strbuf json = {0};
    struct label labels[PUSHED_LABELS_MAX] = {list->labels[list->count - 1]};
    memcpy(labels + 1, list->labels, count * sizeof(*labels));
    for (size_t i = 0; i <= count; i++)
        source->too_long = source->too_long || labels[i].value_len > max;
    if (source->too_long)
        return 0;
    label_sort(labels, count + 1);
    label_set_write_json(labels, count + 1, &json);
    source->pusher_len = json.len;
    source->pusher =
        json.failed ? NULL : arena_copy(&list->out->arena, json.data, json.len);
    strbuf_free(&json);
    return source->pusher ? 0 : -1;
}

static int keep(struct otlp_source *source, const struct offer *list) {
    size_t size = (list->count + 1) * sizeof(struct label);
    struct label *labels = arena_take(&list->out->arena, size);
    if (!labels || list->failed)
        return -1;
    memcpy(labels, list->labels, list->count * sizeof(*labels));
    source->offered = labels;
    source->count = list->count;
    return 0;
}

/* Drops attributes that cannot be labels: their values may be long and shared
 * by many scopes. */
static void drop_others(struct otlp_labels *labels) {
    size_t kept = 0;
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->labels[i];
        if (is_label(label->name, label->value, label->value_len))
            labels->labels[kept++] = *label;
    }
    labels->count = kept;
}

int otlp_resource_read(struct otlp_resource *resource,
                       const Otlp__Resource *message, struct pushed *out) {
    struct otlp_attributes attributes = {NULL, 0};
    if (message)
        attributes = (struct otlp_attributes){message->attributes,
                                              message->n_attributes};
    resource->job = read_job(attributes, &out->arena, &resource->job_len);
    resource->instance =
        otlp_text(otlp_attribute(attributes, "service.instance.id"),
                  &out->arena, &resource->instance_len);
    if (!resource->job || !resource->instance)
        return -1;
    resource->named = is_text(resource->job, resource->job_len);
    resource->identified = is_text(resource->instance, resource->instance_len);
    if (otlp_labels_read(attributes, "", &out->arena, &resource->labels) != 0)
        return -1;
    drop_others(&resource->labels);
    return 0;
}

int otlp_source_read(struct otlp_source *source,
                     const struct otlp_resource *resource,
                     const Otlp__InstrumentationScope *scope,
                     const ProtobufCBinaryData *schema_url, size_t max,
                     struct pushed *out) {
    struct offer list = {.out = out, .room = PUSHED_LABELS_MAX - 1};
    *source = (struct otlp_source){.instance = resource->identified};
    if (resource->named)
        add(&list, "job", resource->job, resource->job_len);
    source->identity = list.count;
    offer_scope(&list, scope, schema_url);
    size_t before = list.count;
    offer_resource(&list, resource);
    source->own = list.count - before;
    list.room = PUSHED_LABELS_MAX;
    if (resource->identified)
        add(&list, "instance", resource->instance, resource->instance_len);
    if (keep(source, &list) != 0)
        return -1;
    return source->instance ? set_pusher(source, &list, before, max) : 0;
}

/* True if the point has a label of that name. */
static bool has_own(const struct points *points, const struct label *label) {
    for (size_t i = 0; i < points->label_count; i++)
        if (points->labels[i].name == label->name)
            return true;
    return false;
}

void otlp_source_offer(const struct otlp_source *source, bool delta,
                       struct points *points) {
    struct pushed_point *point = &points->point;
    size_t count = source->count - (delta && source->instance);
    size_t end = source->count - source->instance;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool weak = i + source->own >= end && i < end;
        if (!weak || !has_own(points, &source->offered[i]))
            points->offered[kept++] = source->offered[i];
    }
    point->offered = kept == count ? source->offered : NULL;
    point->offered_count = kept;
    point->identity = source->identity;
}
