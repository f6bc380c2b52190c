/* store_fixture: responders, each with its own store and registry, that share
 * the database scratch_path("t.db"). */
#ifndef TALLYMAN_TESTS_STORE_FIXTURE_H
#define TALLYMAN_TESTS_STORE_FIXTURE_H

#include "ingest/record.h"
#include "outsider.h"
#include "registry_fixture.h"
#include "scratch.h"
#include "store/commit.h"
#include "store/store.h"

/* A family of each type and rule. */
static const char all_types[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]},"
    "{'name': 'last', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'max', 'help': 'h', 'type': 'gauge', 'gauge': 'max'},"
    "{'name': 'min', 'help': 'h', 'type': 'gauge', 'gauge': 'min'},"
    "{'name': 'sum', 'help': 'h', 'type': 'gauge', 'gauge': 'sum'}";

static const char open_family[] =
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'page', 'maxValues': 2},"
    " {'name': 'kind', 'allowedValues': ['x', 'y']}]}";

static const char id_1[] = "018bcfe5-6800-7000-8000-000000000001";
static const char id_2[] = "018bcfe5-6800-7000-8000-000000000002";

/* 2023-11-14 22:13:20 UTC. */
enum { NOW = 1700000000 };

struct side {
    struct store *store;
    struct registry registry;
    struct strbuf notes; /* of the last load */
    int64_t now;
    size_t open_families_max; /* of its configuration, at the next load */
    size_t open_series_max;
    size_t pushers_max;
    size_t groups_max;
    struct history_config history;
};

/* Returns text with ' replaced by ", for readable JSON in C. */
static inline void quote(const char *text, struct strbuf *out) {
    for (; *text; text++)
        strbuf_add_char(out, *text == '\'' ? '"' : *text);
}

static inline void fill_registry(struct registry *registry,
                                 const char *families) {
    struct strbuf text = {0};
    strbuf_add_string(&text, "{\"allowedMetrics\": [");
    quote(families, &text);
    strbuf_add_string(&text, "]}");
    scratch_write("families.json", text.data);
    registry_load(registry, scratch_path("families.json"));
    strbuf_free(&text);
}

/* Changes the side's registry, which it then owns. */
static inline int side_take(struct side *side, const struct registry *registry,
                            struct err *err) {
    struct registry old = side->registry;
    side->registry = *registry;
    strbuf_free(&side->notes);
    store_keep_history(side->store, &side->history);
    int result =
        store_load(side->store, &side->registry, side->now, &side->notes, err);
    registry_free(&old);
    return result;
}

/* Changes the side's configuration to families, elements of allowedMetrics. */
static inline void side_load(struct side *side, const char *families) {
    struct registry registry = {.room = 0};
    struct err err = {.code = ERR_NONE};
    fill_registry(&registry, families);
    registry.open_families_max = side->open_families_max;
    registry.open_series_max = side->open_series_max;
    registry.pushers_max = side->pushers_max;
    registry.groups_max = side->groups_max;
    if (side_take(side, &registry, &err) != 0)
        fail_msg("%s", err.message);
}

/* Opens a side, with a history if that is not NULL. */
static inline void side_open_kept(struct side *side, const char *families,
                                  int64_t now,
                                  const struct history_config *history) {
    struct err err = {.code = ERR_NONE};
    *side = (struct side){.now = now,
                          .open_families_max = 100,
                          .open_series_max = 1000,
                          .pushers_max = 1000,
                          .groups_max = 1000};
    if (store_open(scratch_path("t.db"), false, &side->store, &err) != 0)
        fail_msg("%s", err.message);
    if (history)
        side->history = *history;
    side_load(side, families);
}

static inline void side_open(struct side *side, const char *families) {
    side_open_kept(side, families, NOW, NULL);
}

static inline void side_close(struct side *side) {
    store_close(side->store);
    registry_free(&side->registry);
    strbuf_free(&side->notes);
}

/* A push of one sample. */
struct push {
    const char *id; /* NULL: none */
    const char *family;
    const char *labels; /* JSON with ' for " */
    const char *values; /* a number; several with commas for a histogram */
};

static inline void push_write(const struct push *push,
                              const struct registry *registry,
                              struct strbuf *out) {
    static const char *const keys[] = {[METRIC_COUNTER] = "inc",
                                       [METRIC_GAUGE] = "value",
                                       [METRIC_HISTOGRAM] = "observations"};
    const struct family *family =
        registry_find(registry, push->family, strlen(push->family));
    assert_non_null(family);
    bool histogram = family->type == METRIC_HISTOGRAM;
    if (push->id)
        strbuf_printf(out, "{\"batch\":\"%s\",\"metrics\":", push->id);
    strbuf_printf(out, "[{\"metricName\":\"%s\",\"metricType\":\"%s\",",
                  family->name, metric_type_name(family->type));
    strbuf_add_string(out, "\"labels\":");
    quote(push->labels, out);
    strbuf_printf(out, ",\"%s\":%s%s%s}]%s", keys[family->type],
                  histogram ? "[" : "", push->values, histogram ? "]" : "",
                  push->id ? "}" : "");
}

static inline void push_parse(const struct push *push, struct side *side,
                              struct batch *batch) {
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    push_write(push, &side->registry, &text);
    if (ingest_record(text.data, text.len, &side->registry, &fixture_limits,
                      NULL, batch, &err) != 0 ||
        batch->count != 1)
        fail_msg("%s: %s", text.data, err.message);
    strbuf_free(&text);
}

/* Commits pushes[0..count), at most 8, in one turn. Sets repeated[] unless
 * NULL. */
static inline int side_turn(struct side *side, const struct push *pushes,
                            size_t count, bool *repeated, struct err *err) {
    struct batch batches[8] = {{.count = 0}};
    struct batch *turn[8];
    struct store_clock clock = {.now = side->now};
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        push_parse(&pushes[i], side, &batches[i]);
        turn[i] = &batches[i];
    }
    int result = store_commit(side->store, turn, count, false, &clock, err);
    for (size_t i = 0; i < count; i++) {
        if (repeated)
            repeated[i] = batches[i].repeated;
        batch_free(&batches[i]);
    }
    return result;
}

/* Commits a sample, which must succeed. */
static inline void side_push(struct side *side, const char *family,
                             const char *labels, const char *values) {
    struct err err = {.code = ERR_NONE};
    const struct push push = {NULL, family, labels, values};
    if (side_turn(side, &push, 1, NULL, &err) != 0)
        fail_msg("%s", err.message);
}

/* Query of every series in the database. */
#define ALL_SERIES                                                             \
    "SELECT name, labels, value, sum, count, buckets, created_at, "            \
    "updated_at FROM series JOIN total ON series_id = series.id JOIN family "  \
    "ON family.id = family_id "                                                \
    "ORDER BY name, labels"

/* Query of the series that are not at zero. */
#define TOTALS                                                                 \
    "SELECT name, labels, iif(type = 'histogram', sum || ' ' || count || "     \
    "' ' || buckets, value) FROM series JOIN total ON series_id = series.id "  \
    "JOIN family ON family.id = family_id "                                    \
    "WHERE value <> 0 OR count <> 0 ORDER BY name, labels"

#endif
