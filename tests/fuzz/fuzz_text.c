/* A push of text, read in both formats: nothing beyond it is read, an accepted
 * push keeps the promises of pushed.h, and an error has its place. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/text/text.h"
#include "metrics/histogram.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_labels(const struct pushed_series *series) {
    assert(series->label_count <= PUSHED_LABELS_MAX);
    for (size_t i = 0; i < series->label_count; i++) {
        const struct label *label = &series->labels[i];
        size_t len = strlen(label->name);
        assert(label_name_fault(label->name, len) == NAME_FINE);
        assert(label->value_len > 0);
        assert(utf8_valid(label->value, label->value_len));
        assert(!memchr(label->value, '\0', label->value_len));
        for (size_t k = 0; k < i; k++)
            assert(strcmp(series->labels[k].name, label->name) != 0);
    }
}

static void check_exemplars(const struct pushed_series *series) {
    for (size_t i = 0; i < series->exemplar_count; i++) {
        struct strbuf text = {0};
        assert(!isnan(series->exemplars[i].value));
        assert(label_json_write_exposition(series->exemplars[i].labels,
                                           series->exemplars[i].labels_len,
                                           &text) == 0);
        strbuf_free(&text);
    }
}

static void check_histogram(const struct pushed_series *series) {
    uint64_t count = 0;
    assert(series->bound_count <= HISTOGRAM_BOUNDS_MAX);
    for (size_t i = 0; i < series->bound_count; i++) {
        assert(isfinite(series->bounds[i]));
        assert(i == 0 || series->bounds[i] > series->bounds[i - 1]);
    }
    for (size_t i = 0; i <= series->bound_count; i++)
        count += series->buckets[i];
    assert(count == series->count);
}

static void check_series(enum metric_type type,
                         const struct pushed_series *series, unsigned lines) {
    assert(series->line >= 1 && series->line <= lines);
    assert(series->count < HISTOGRAM_COUNT_MAX);
    check_labels(series);
    check_exemplars(series);
    if (type == METRIC_HISTOGRAM)
        check_histogram(series);
    else
        assert(series->bound_count == 0 && !series->buckets);
}

static const struct label *find(const struct pushed_series *series,
                                const struct label *wanted) {
    for (size_t i = 0; i < series->label_count; i++) {
        const struct label *label = &series->labels[i];
        if (strcmp(label->name, wanted->name) == 0 &&
            label->value_len == wanted->value_len &&
            memcmp(label->value, wanted->value, label->value_len) == 0)
            return label;
    }
    return NULL;
}

/* No other series of the family has the same labels. Slow, but independent of
 * the parser's hash table. */
static void check_distinct(const struct pushed_family *family, size_t index) {
    const struct pushed_series *series = &family->series[index];
    for (size_t i = 0; i < index && i < 64; i++) {
        const struct pushed_series *other = &family->series[i];
        bool same = other->label_count == series->label_count;
        for (size_t k = 0; same && k < series->label_count; k++)
            same = find(other, &series->labels[k]) != NULL;
        assert(!same);
    }
}

static void check_family(const struct pushed *pushed, size_t index,
                         unsigned lines) {
    const struct pushed_family *family = &pushed->families[index];
    assert(strlen(family->name) == family->name_len);
    assert(metric_name_fault(family->name, family->name_len) == NAME_FINE);
    assert(pushed_find(pushed, family->name, family->name_len) == family);
    assert(utf8_valid(family->help, strlen(family->help)));
    assert(utf8_valid(family->unit, strlen(family->unit)));
    assert(family->line >= 1 && family->line <= lines);
    for (size_t i = 0; i < family->count; i++) {
        check_series(family->type, &family->series[i], lines);
        check_distinct(family, i);
    }
}

static void check_error(const struct err *err, const char *text, size_t len,
                        unsigned lines) {
    size_t offset = 0;
    assert(err->code == ERR_SYNTAX || err->code == ERR_VALUE ||
           err->code == ERR_LIMIT);
    assert(err->message[0] != '\0');
    assert(err->line >= 1 && err->line <= lines && err->column >= 1);
    for (unsigned line = 1; line < err->line; line++)
        offset =
            (size_t)((const char *)memchr(text + offset, '\n', len - offset) -
                     text) +
            1;
    assert(offset + err->column - 1 <= len);
}

static void read_text(const char *text, size_t len, enum text_format format) {
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    unsigned lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    if (ingest_text(text, len, format, &pushed, &err) != 0)
        check_error(&err, text, len, lines);
    else
        for (size_t i = 0; i < pushed_count(&pushed); i++)
            check_family(&pushed, i, lines);
    pushed_free(&pushed);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    read_text((const char *)bytes, len, TEXT_PROMETHEUS);
    read_text((const char *)bytes, len, TEXT_OPENMETRICS);
    return 0;
}
