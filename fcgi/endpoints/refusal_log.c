#include "endpoints/refusal_log.h"

#include <string.h>

#include "base/json_writer.h"
#include "metrics/metric.h"

static bool is_same(const struct refusal *a, const struct refusal *b) {
    return strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->family, b->family) == 0 && strcmp(a->label, b->label) == 0;
}

/* The entry of the same refusal, else the oldest one, replaced by wanted. */
static struct refusal *find_place(struct refusal *places,
                                  const struct refusal *wanted) {
    struct refusal *oldest = &places[0];
    for (size_t i = 0; i < REFUSAL_LOG_MAX; i++) {
        if (places[i].reason && is_same(&places[i], wanted))
            return &places[i];
        if (places[i].at_ms < oldest->at_ms)
            oldest = &places[i];
    }
    *oldest = *wanted;
    return oldest;
}

static void add(struct refusal_log *log, const struct refused_name *name,
                const struct registry *registry, int64_t now_ms) {
    struct refusal wanted = {.reason = reject_reason_name(name->reason)};
    size_t len = strlen(name->family);
    bool listed = registry_find(registry, name->family, len) != NULL;
    if (metric_name_valid(name->family, len))
        memcpy(wanted.family, name->family, len);
    if (label_name_valid(name->label, strlen(name->label)))
        memcpy(wanted.label, name->label, strlen(name->label));
    struct refusal *place =
        find_place(listed ? log->listed : log->others, &wanted);
    place->pushes++;
    place->at_ms = now_ms;
}

void refusal_log_add(struct refusal_log *log, const struct batch *batch,
                     const struct registry *registry, int64_t now_ms) {
    for (const struct refused_name *name = batch->refused_names; name;
         name = name->next)
        add(log, name, registry, now_ms);
}

static void write_places(const struct refusal *places,
                         struct json_writer *json) {
    for (size_t i = 0; i < REFUSAL_LOG_MAX; i++) {
        if (!places[i].reason)
            continue;
        json_writer_open(json, NULL, '{');
        json_writer_string(json, "reason", places[i].reason);
        json_writer_string(json, "family", places[i].family);
        json_writer_string(json, "label", places[i].label);
        json_writer_natural(json, "pushes", places[i].pushes);
        json_writer_natural(json, "time", (uint64_t)(places[i].at_ms / 1000));
        json_writer_close(json, '}');
    }
}

void refusal_log_write(const struct refusal_log *log, struct strbuf *out) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    json_writer_open(&json, NULL, '[');
    write_places(log->listed, &json);
    write_places(log->others, &json);
    json_writer_close(&json, ']');
}
