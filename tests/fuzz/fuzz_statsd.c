/* Lines of statsd against an allowlist with every type: nothing beyond them is
 * read, the result keeps the promises of pushed.h, and each line is counted or
 * refused. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "config/allowlist.h"
#include "config/config.h"
#include "ingest/admit.h"
#include "ingest/statsd.h"

static struct config config = {.open_families = true,
                               .limits = {.samples_per_push = 9,
                                          .label_value_bytes = 12,
                                          .families = 1000,
                                          .series = 200000}};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct diagnostics diagnostics = {.count = 0};
    struct allowlist allowlist = {.registry = &config.registry,
                                  .limits = &config.limits};
    (void)argc;
    (void)argv;
    allowlist_load(&allowlist, "tests/data/record/families.d/families.json",
                   &diagnostics);
    assert(diagnostics.count == 0 && registry_count(&config.registry) > 0);
    return 0;
}

static size_t count_lines(const unsigned char *bytes, size_t len) {
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && bytes[i] != '\n')
            continue;
        size_t size = i - start;
        count += size > (size_t)(size > 0 && bytes[i - 1] == '\r');
        start = i + 1;
    }
    return count;
}

static void check_series(enum metric_type type,
                         const struct pushed_series *series) {
    const struct pushed_point *point = series->point;
    uint64_t count = 0;
    for (size_t i = 0; i < series->label_count; i++) {
        const struct label *label = &series->labels[i];
        assert(label_name_fault(label->name, strlen(label->name)) == NAME_FINE);
        assert(label->value_len > 0);
        assert(utf8_valid(label->value, label->value_len));
        assert(label_find(series->labels, i, label->name) == NULL);
    }
    assert(!isnan(series->value) && (type == METRIC_GAUGE || !point->relative));
    for (size_t i = 0; i < point->observed_count; i++) {
        assert(isfinite(point->observed[i].value));
        assert(point->observed[i].count > 0);
        count += point->observed[i].count;
    }
    assert(count == series->count && metric_observes(type) == (count > 0));
}

static void check_push(const struct pushed *pushed, struct batch *batch,
                       bool anybody, size_t lines) {
    const struct admission admission = {
        .config = &config, .alone = true, .anybody = anybody};
    struct err err = {.code = ERR_NONE};
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        assert(metric_name_fault(family->name, family->name_len) == NAME_FINE);
        for (size_t j = 0; j < family->count; j++)
            check_series(family->type, &family->series[j]);
    }
    assert(admit(pushed, &admission, batch, &err) == 0 && !batch->refused);
    assert(batch->count + batch_rejected(batch) == lines);
    assert(
        utf8_valid(batch->first_rejected ? batch->first_rejected : "",
                   batch->first_rejected ? strlen(batch->first_rejected) : 0));
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    for (int anybody = 0; anybody < 2; anybody++) {
        struct pushed pushed = {.room = 0};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        struct points points = {.out = &pushed,
                                .batch = &batch,
                                .left = anybody ? 9 : SIZE_MAX,
                                .max = 9};
        int result = ingest_statsd((const char *)bytes, len, &config.registry,
                                   &points, &err);
        if (result == 0)
            check_push(&pushed, &batch, anybody, count_lines(bytes, len));
        else
            assert(err.code == ERR_SYNTAX && err.message[0] != '\0' &&
                   pushed_count(&pushed) == 0);
        batch_free(&batch);
        pushed_free(&pushed);
    }
    return 0;
}
