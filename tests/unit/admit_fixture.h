/* admit_fixture: a configuration with some families, and admission of text
 * pushes. */
#ifndef TALLYMAN_TESTS_ADMIT_FIXTURE_H
#define TALLYMAN_TESTS_ADMIT_FIXTURE_H

#include <stdio.h>

#include "base/number.h"
#include "check.h"
#include "ingest/admit.h"
#include "ingest/text/text.h"
#include "registry_fixture.h"
#include "scratch.h"

#define FAMILIES                                                               \
    "{\"allowedMetrics\": [\n"                                                 \
    "{\"name\": \"jobs_total\", \"help\": \"Jobs.\", \"type\": \"counter\",\n" \
    " \"labels\": [{\"name\": \"job\", \"maxValues\": 2},\n"                   \
    "              {\"name\": \"result\", \"allowedValues\": [\"ok\","         \
    " \"bad\"]}]},\n"                                                          \
    "{\"name\": \"bare\", \"help\": \"No labels.\", \"type\": \"counter\"},\n" \
    "{\"name\": \"depth\", \"help\": \"A gauge.\", \"type\": \"gauge\"},\n"    \
    "{\"name\": \"share\", \"help\": \"A gauge.\", \"type\": \"gauge\",\n"     \
    " \"min\": 0, \"max\": 1, \"from\": \"programs\"},\n"                      \
    "{\"name\": \"most\", \"help\": \"A gauge.\", \"type\": \"gauge\",\n"      \
    " \"gauge\": \"max\"},\n"                                                  \
    "{\"name\": \"go_threads\", \"help\": \"Wanted.\", \"type\":"              \
    " \"gauge\"},\n"                                                           \
    "{\"name\": \"took_seconds\", \"help\": \"Time.\", \"type\":"              \
    " \"histogram\", \"buckets\": [0.5, 1]},\n"                                \
    "{\"name\": \"lived_total\", \"help\": \"Running total.\", \"type\":"      \
    " \"counter\",\n"                                                          \
    " \"labels\": [{\"name\": \"job\", \"allowedValues\": [\"web\"]}]}\n"      \
    "]}\n"

static const char *default_drops[] = {"go_*", "*_created", NULL};

static struct config config = {.drop_families = {default_drops, 2},
                               .limits = {.samples_per_push = 1000,
                                          .observations_per_sample = 1000,
                                          .label_value_bytes = 20,
                                          .families = 1000,
                                          .series = 200000}};

static inline int load(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    scratch_write("a.json", FAMILIES);
    registry_load(&config.registry, scratch_path("a.json"));
    registry_find(&config.registry, "lived_total", 11)->cumulative = true;
    return 0;
}

static inline int unload(void **state) {
    registry_free(&config.registry);
    return scratch_clear(state);
}

static inline void write_number(struct strbuf *out, double value) {
    char number[NUMBER_SIZE];
    strbuf_add_char(out, ' ');
    strbuf_add(out, number, number_format(value, number));
}

static inline void write_labels(struct strbuf *out,
                                const struct sample *sample) {
    const struct family *family = sample->family;
    if (family->open) {
        strbuf_add(out, sample->label_set, sample->label_set_len);
        return;
    }
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        if (sample->values[i] == VALUE_NONE)
            strbuf_printf(out, " %s=new:%s", rule->name,
                          sample->texts[i].value);
        else
            strbuf_printf(out, " %s=%s", rule->name,
                          rule->values.values[sample->values[i]].text);
    }
}

static inline void write_sample(struct strbuf *out,
                                const struct sample *sample) {
    const struct family *family = sample->family;
    strbuf_printf(out, "%s%s%s %s", sample->beside ? "beside " : "",
                  family->open ? "open " : "", family->name,
                  metric_type_name(family->type));
    write_labels(out, sample);
    if (sample->pusher)
        strbuf_printf(out, " pusher %s", sample->pusher);
    if (family->type == METRIC_HISTOGRAM || family->type == METRIC_SUMMARY) {
        strbuf_printf(out, " count %llu sum",
                      (unsigned long long)sample->count);
        write_number(out, sample->sum);
    } else {
        write_number(out, sample->value);
    }
    if (sample->relative)
        strbuf_add_string(out, " relative");
    for (size_t i = 0;
         family->type == METRIC_HISTOGRAM && i <= family->bound_count; i++)
        strbuf_printf(out, "%s%llu", i == 0 ? " buckets " : ",",
                      (unsigned long long)sample->buckets[i]);
    strbuf_add_char(out, '\n');
}

/* Labels of the path, sorted by name, NULL-terminated. */
struct row {
    const char *name;
    const char *path[5]; /* name, value, name, value */
    bool gateway;        /* the form of the path without a job */
    bool open;
    bool sessions;         /* sessions are counted */
    const char *permitted; /* a pattern of the token */
    double now;
    const char *body;
    const char *want; /* the samples, or the error */
    int refusal;      /* enum reject_reason, -1 if admitted */
    size_t dropped;
    size_t unsupported;
};

/* Writes the group of a push with its time, and the batch for a refusal. */
static inline void write_group(struct strbuf *out, const struct batch *batch) {
    if (batch->group_count == 0 || batch->groups[0].pushed_at <= 0)
        return;
    strbuf_printf(out, "group %s", batch->groups[0].labels);
    write_number(out, batch->groups[0].pushed_at);
    for (size_t i = 0; i < batch->count; i++)
        assert_ptr_equal(batch->samples[i].group, batch->groups);
    strbuf_add_char(out, '\n');
    if (!batch->on_refusal)
        return;
    strbuf_add_string(out, "on refusal: ");
    write_sample(out, batch->on_refusal);
}

static inline void check_row(const struct row *row) {
    struct label path[2];
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct strbuf got = {.len = 0};
    struct err err = {.code = ERR_NONE};
    const char *patterns[] = {row->permitted, NULL};
    const struct string_list permitted = {patterns, 1};
    struct admission admission = {.config = &config,
                                  .families =
                                      row->permitted ? &permitted : NULL,
                                  .path = path,
                                  .path_wins = !row->gateway,
                                  .now = row->now};
    config.open_families = row->open;
    config.sessions.enabled = row->sessions;
    for (; row->path[admission.path_count * 2]; admission.path_count++) {
        const char *const *pair = &row->path[admission.path_count * 2];
        path[admission.path_count] =
            (struct label){pair[0], pair[1], strlen(pair[1])};
    }
    if (ingest_text(row->body, strlen(row->body), TEXT_PROMETHEUS, &pushed,
                    &err) != 0)
        fail_msg("%s: %s", row->name, err.message);
    int result = admit(&pushed, &admission, &batch, &err);
    check_number(row->name, result, row->refusal < 0 ? 0 : -1);
    check_number(row->name, batch.refused, row->refusal >= 0);
    if (result == 0)
        for (size_t i = 0; i < batch.count; i++)
            write_sample(&got, &batch.samples[i]);
    if (result == 0)
        write_group(&got, &batch);
    else
        check_number(row->name, batch.refusal, row->refusal);
    check_text(row->name,
               result == 0 ? (got.data ? got.data : "") : err.message,
               row->want);
    check_number(row->name, (long long)batch.rejected[REJECT_DROPPED_FAMILY],
                 (long long)row->dropped);
    check_number(row->name, (long long)batch.rejected[REJECT_UNSUPPORTED_TYPE],
                 (long long)row->unsupported);
    strbuf_free(&got);
    batch_free(&batch);
    pushed_free(&pushed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)

#endif
