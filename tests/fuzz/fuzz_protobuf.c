/* A push of protobuf messages: an accepted push keeps the promises of pushed.h,
 * and a refused one has a message that is text. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/protobuf.h"
#include "metrics/histogram.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_labels(const struct pushed_series *series) {
    assert(series->label_count <= PUSHED_LABELS_MAX);
    for (size_t i = 0; i < series->label_count; i++) {
        const struct label *label = &series->labels[i];
        assert(label_name_fault(label->name, strlen(label->name)) == NAME_FINE);
        assert(!label_find(series->labels, i, label->name));
        assert(label->value_len > 0);
        assert(utf8_valid(label->value, label->value_len));
        assert(!memchr(label->value, '\0', label->value_len));
    }
}

static void check_buckets(const struct pushed_series *series) {
    uint64_t sum = 0;
    for (size_t i = 0; i < series->bound_count; i++) {
        assert(isfinite(series->bounds[i]));
        assert(i == 0 || series->bounds[i] > series->bounds[i - 1]);
    }
    for (size_t i = 0; i <= series->bound_count; i++)
        sum += series->buckets[i];
    assert(sum == series->count);
}

/* Native histograms have observations instead of buckets. */
static void check_observed(const struct pushed_series *series) {
    const struct pushed_point *point = series->point;
    uint64_t sum = 0;
    assert(series->bound_count == 0 && !series->buckets);
    for (size_t i = 0; i < point->observed_count; i++) {
        assert(!isnan(point->observed[i].value));
        sum += point->observed[i].count;
    }
    assert(point->observed && sum == series->count);
}

static void check_exemplars(const struct pushed_series *series) {
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        struct strbuf text = {0};
        assert(!isnan(exemplar->value));
        assert(label_json_write_exposition(exemplar->labels,
                                           exemplar->labels_len, &text) == 0);
        strbuf_free(&text);
    }
}

static void check_series(enum metric_type type,
                         const struct pushed_series *series) {
    check_labels(series);
    check_exemplars(series);
    assert(series->line == 0);
    assert(series->count < HISTOGRAM_COUNT_MAX);
    if (type == METRIC_HISTOGRAM && series->point)
        check_observed(series);
    else if (type == METRIC_HISTOGRAM)
        check_buckets(series);
    else
        assert(series->bound_count == 0);
}

static void check_pushed(const struct pushed *pushed) {
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        assert(family->name_len == strlen(family->name));
        assert(metric_name_fault(family->name, family->name_len) == NAME_FINE);
        assert(utf8_valid(family->help, strlen(family->help)));
        assert(utf8_valid(family->unit, strlen(family->unit)));
        for (size_t j = 0; j < family->count; j++)
            check_series(family->type, &family->series[j]);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct pushed pushed = {0};
    struct err err = {.message = ""};
    if (ingest_protobuf((const char *)bytes, len, &pushed, &err) == 0)
        check_pushed(&pushed);
    else
        assert(err.code != ERR_NONE && err.message[0] != '\0' &&
               utf8_valid(err.message, strlen(err.message)));
    pushed_free(&pushed);
    return 0;
}
