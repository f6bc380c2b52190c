#include "endpoints/refusal_log.h"

#include <stdio.h>
#include <string.h>

#include "metrics/metric.h"

static bool is_same(const struct refusal *a, const struct refusal *b) {
    return strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->family, b->family) == 0 && strcmp(a->label, b->label) == 0;
}

/* The place of the same refusal, or the one that was used longest ago. */
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

/* No name has anything that JSON would escape. */
static void write_places(const struct refusal *places, struct strbuf *out,
                         const char **before) {
    for (size_t i = 0; i < REFUSAL_LOG_MAX; i++) {
        if (!places[i].reason)
            continue;
        strbuf_printf(out,
                      "%s{\"reason\":\"%s\",\"family\":\"%s\",\"label\":\"%s\","
                      "\"pushes\":%llu,\"time\":%lld}",
                      *before, places[i].reason, places[i].family,
                      places[i].label, (unsigned long long)places[i].pushes,
                      (long long)(places[i].at_ms / 1000));
        *before = ",";
    }
}

void refusal_log_write(const struct refusal_log *log, struct strbuf *out) {
    const char *before = "";
    strbuf_add_char(out, '[');
    write_places(log->listed, out, &before);
    write_places(log->others, out, &before);
    strbuf_add_char(out, ']');
}
