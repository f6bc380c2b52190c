#include "ingest/draft.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "metrics/registry.h"

/* A double holds every count below it. */
static const double COUNT_LIMIT = 9007199254740992.0; /* 2^53 */

/* The most bytes of a message that say where, and of a wrong name. */
enum { PLACE_MAX = 190, SHOWN_MAX = 100 };

/* Errors */

static void write_place(const struct draft *draft, struct strbuf *out) {
    if (!draft->family) {
        strbuf_printf(out, "the message at byte %zu", draft->offset);
        return;
    }
    const size_t name_len = draft->family->name_len;
    strbuf_add(out, draft->family->name, name_len);
    if (draft->metric > 0 && !draft->labelled)
        strbuf_printf(out, ", metric %zu", draft->metric);
    if (draft->labelled && draft->series.label_count > 0) {
        strbuf_add_char(out, '{');
        (void)label_json_write_exposition(draft->text.data + name_len,
                                          draft->text.len - name_len, out);
        strbuf_add_char(out, '}');
    }
}

int draft_refuse(struct draft *draft, enum err_code code, const char *format,
                 ...) {
    char why[sizeof(draft->err->message) - PLACE_MAX];
    struct strbuf place = {0};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    write_place(draft, &place);
    const char *text = place.data ? place.data : "";
    bool cut = place.len > PLACE_MAX;
    size_t len = cut ? utf8_prefix(text, PLACE_MAX) : place.len;
    (void)err_set(draft->err, code, "%.*s%s: %s", (int)len, text,
                  cut ? "..." : "", why);
    strbuf_free(&place);
    return -1;
}

int draft_no_memory(struct draft *draft) {
    return err_set(draft->err, ERR_MEMORY, "out of memory");
}

static int refuse_number(struct draft *draft, const char *what, double value,
                         const char *wanted) {
    char number[NUMBER_SIZE];
    (void)number_format(value, number);
    return draft_refuse(draft, ERR_VALUE, "the %s is %s, must be %s", what,
                        number, wanted);
}

/* Names and text */

/* How much of text[0..len) a message can show. */
static int shown(const char *text, size_t len) {
    size_t end = 0;
    if (len > SHOWN_MAX)
        len = SHOWN_MAX;
    while (end < len) {
        uint32_t code;
        size_t size = utf8_decode(text + end, len - end, &code);
        if (utf8_hidden(code))
            break;
        end += size;
    }
    return (int)end;
}

static int check_name(struct draft *draft, const char *what, const char *marks,
                      bool valid, const char *name, size_t len) {
    if (len > FAMILY_NAME_MAX)
        return draft_refuse(draft, ERR_LIMIT,
                            "a %s name has %zu bytes, must have at most %d",
                            what, len, FAMILY_NAME_MAX);
    if (valid && (len < 2 || memcmp(name, "__", 2) != 0))
        return 0;
    int end = shown(name, len);
    return draft_refuse(
        draft, ERR_VALUE,
        "\"%.*s%s\" is not a %s name, must be letters, digits%s "
        "and not begin with a digit or __",
        end, name, (size_t)end < len ? "..." : "", what, marks);
}

static bool text_valid(const char *text, size_t len) {
    return utf8_valid(text, len) && !memchr(text, '\0', len);
}

/* Families */

void draft_message(struct draft *draft, size_t offset) {
    draft->offset = offset;
    draft->family = NULL;
    draft->metric = 0;
    draft->labelled = false;
}

int draft_family(struct draft *draft, const char *name, size_t len) {
    if (check_name(draft, "metric", ", _ and :,", metric_name_valid(name, len),
                   name, len) != 0)
        return -1;
    draft->known = pushed_find(draft->out, name, len) != NULL;
    draft->family = pushed_family(draft->out, name, len);
    return draft->family ? 0 : draft_no_memory(draft);
}

int draft_unsupported(struct draft *draft) {
    struct pushed_family *family = draft->family;
    if (draft->known && !family->unsupported)
        return draft_refuse(draft, ERR_VALUE,
                            "a gauge histogram in the message at byte %zu, "
                            "must be a %s as before",
                            draft->offset, metric_type_name(family->type));
    family->unsupported = true;
    return 0;
}

int draft_type(struct draft *draft, enum metric_type type) {
    struct pushed_family *family = draft->family;
    if (draft->known && family->unsupported)
        return draft_refuse(draft, ERR_VALUE,
                            "a %s in the message at byte %zu, must be a gauge "
                            "histogram as before",
                            metric_type_name(type), draft->offset);
    if (draft->known && family->type != type)
        return draft_refuse(draft, ERR_VALUE,
                            "a %s in the message at byte %zu, must be a %s as "
                            "before",
                            metric_type_name(type), draft->offset,
                            metric_type_name(family->type));
    family->type = type;
    return 0;
}

static int keep_text(struct draft *draft, const char *what, const char *text,
                     size_t len, const char **kept) {
    if (!text_valid(text, len))
        return draft_refuse(draft, ERR_VALUE,
                            "the %s is not text, must be UTF-8 without NUL",
                            what);
    if (**kept != '\0' || len == 0)
        return 0;
    const char *copy = arena_copy(&draft->out->arena, text, len);
    if (!copy)
        return draft_no_memory(draft);
    *kept = copy;
    return 0;
}

int draft_help(struct draft *draft, const char *help, size_t len) {
    return keep_text(draft, "help", help, len, &draft->family->help);
}

int draft_unit(struct draft *draft, const char *unit, size_t len) {
    return keep_text(draft, "unit", unit, len, &draft->family->unit);
}

/* Labels */

void draft_series(struct draft *draft) {
    draft->metric++;
    draft->labelled = false;
    draft->label_count = 0;
    draft->series = (struct pushed_series){0};
}

int draft_label(struct draft *draft, const char *name, size_t name_len,
                const char *value, size_t value_len) {
    struct pushed *out = draft->out;
    struct label *label = &draft->labels[draft->label_count];
    if (draft->label_count == PUSHED_LABELS_MAX)
        return draft_refuse(draft, ERR_LIMIT,
                            "it has more than %d labels, must have at most %d",
                            PUSHED_LABELS_MAX, FAMILY_LABELS_MAX);
    if (check_name(draft, "label", " and _,", label_name_valid(name, name_len),
                   name, name_len) != 0)
        return -1;
    label->name = pushed_label_name(out, name, name_len);
    if (!label->name)
        return draft_no_memory(draft);
    const char *own = metric_types[draft->family->type].part_label;
    if (own && strcmp(label->name, own) == 0)
        return draft_refuse(
            draft, ERR_VALUE,
            "the label %.100s is the %s's own, must have another name",
            label->name, metric_type_name(draft->family->type));
    if (!text_valid(value, value_len))
        return draft_refuse(draft, ERR_VALUE,
                            "the value of the label %.100s is not text, must "
                            "be UTF-8 without NUL",
                            label->name);
    label->value = arena_copy(&out->arena, value, value_len);
    label->value_len = value_len;
    if (!label->value)
        return draft_no_memory(draft);
    draft->label_count++;
    return 0;
}

static int compare_labels(const void *a, const void *b) {
    const struct label *left = a;
    const struct label *right = b;
    return strcmp(left->name, right->name);
}

static int copy_labels(struct draft *draft) {
    size_t size = draft->label_count * sizeof(draft->labels[0]);
    struct label *copy = arena_take(&draft->out->arena, size);
    if (!copy)
        return draft_no_memory(draft);
    memcpy(copy, draft->labels, size);
    draft->series.labels = copy;
    draft->series.label_count = draft->label_count;
    return 0;
}

/* Refuses a series that the push has had before. */
static int check_unrepeated(struct draft *draft) {
    struct strbuf *text = &draft->text;
    size_t before = draft->met.count;
    strbuf_reset(text);
    strbuf_add(text, draft->family->name, draft->family->name_len);
    label_set_write_json(draft->labels, draft->label_count, text);
    if (text->failed ||
        value_set_add(&draft->met, text->data, text->len) == VALUE_NONE)
        return draft_no_memory(draft);
    draft->labelled = true;
    return draft->met.count > before
               ? 0
               : draft_refuse(draft, ERR_VALUE,
                              "the series is in the push twice, must be once");
}

int draft_end_labels(struct draft *draft) {
    struct label *labels = draft->labels;
    size_t kept = 0;
    qsort(labels, draft->label_count, sizeof(*labels), compare_labels);
    for (size_t i = 1; i < draft->label_count; i++)
        if (strcmp(labels[i].name, labels[i - 1].name) == 0)
            return draft_refuse(
                draft, ERR_VALUE,
                "it has the label %.100s twice, must have it once",
                labels[i].name);
    for (size_t i = 0; i < draft->label_count; i++)
        if (labels[i].value_len > 0)
            labels[kept++] = labels[i];
    draft->label_count = kept;
    return copy_labels(draft) == 0 ? check_unrepeated(draft) : -1;
}

/* Values */

int draft_value(struct draft *draft, double value) {
    if (metric_shape(draft->family->type) == SHAPE_TOTAL &&
        (!isfinite(value) || value < 0))
        return refuse_number(draft, "value of the counter", value,
                             "finite and not negative");
    draft->series.value = value;
    return 0;
}

int draft_sum(struct draft *draft, double sum) {
    if (!isfinite(sum))
        return refuse_number(draft, "sum", sum, "finite");
    draft->series.sum = sum;
    return 0;
}

int draft_count(struct draft *draft, const char *what, uint64_t integer,
                double number, uint64_t *count) {
    static const char wanted[] = "a whole number from 0 to below 2^53";
    if (number != 0) {
        if (!(number > 0 && number < COUNT_LIMIT && floor(number) == number))
            return refuse_number(draft, what, number, wanted);
        integer = (uint64_t)number;
    }
    if (integer >= (uint64_t)COUNT_LIMIT)
        return refuse_number(draft, what, (double)integer, wanted);
    *count = integer;
    return 0;
}

static int check_bucket(struct draft *draft, double bound, size_t at,
                        uint64_t cumulative) {
    char le[NUMBER_SIZE];
    const size_t count = draft->series.bound_count;
    uint64_t below = at > 0 ? draft->buckets[at - 1] : 0;
    uint64_t above = at < count ? draft->buckets[at] : draft->series.count;
    (void)number_format(bound, le);
    if (at < count && draft->bounds[at] <= bound)
        return draft_refuse(draft, ERR_VALUE,
                            "it has the bucket %s twice, must have it once",
                            le);
    if (cumulative < below)
        return draft_refuse(draft, ERR_VALUE,
                            "the bucket %s has the count %" PRIu64
                            ", must have at least that of the one before it, "
                            "%" PRIu64,
                            le, cumulative, below);
    if (cumulative > above ||
        (bound == INFINITY && cumulative != draft->series.count))
        return draft_refuse(draft, ERR_VALUE,
                            "the bucket %s has the count %" PRIu64
                            ", must have %s that of %s, %" PRIu64,
                            le, cumulative,
                            bound == INFINITY ? "exactly" : "at most",
                            at < count ? "the one behind it" : "all", above);
    return 0;
}

int draft_bucket(struct draft *draft, double bound, uint64_t cumulative) {
    const size_t count = draft->series.bound_count;
    size_t at = count;
    if (!(bound > -INFINITY)) /* so it is for NaN */
        return refuse_number(draft, "upper bound of a bucket", bound,
                             "a number above -Inf");
    while (at > 0 && draft->bounds[at - 1] >= bound)
        at--;
    if (check_bucket(draft, bound, at, cumulative) != 0)
        return -1;
    if (bound == INFINITY)
        return 0;
    if (count == HISTOGRAM_BOUNDS_MAX)
        return draft_refuse(draft, ERR_LIMIT,
                            "it has more than %d buckets besides +Inf, must "
                            "have no more",
                            HISTOGRAM_BOUNDS_MAX);
    memmove(draft->bounds + at + 1, draft->bounds + at,
            (count - at) * sizeof(draft->bounds[0]));
    memmove(draft->buckets + at + 1, draft->buckets + at,
            (count - at) * sizeof(draft->buckets[0]));
    draft->bounds[at] = bound + 0.0; /* no -0 */
    draft->buckets[at] = cumulative;
    draft->series.bound_count = count + 1;
    return 0;
}

int draft_end_buckets(struct draft *draft) {
    size_t count = draft->series.bound_count;
    struct arena *arena = &draft->out->arena;
    double *bounds = arena_take(arena, count * sizeof(*bounds));
    uint64_t *buckets = arena_take(arena, (count + 1) * sizeof(*buckets));
    if (!bounds || !buckets)
        return draft_no_memory(draft);
    memcpy(bounds, draft->bounds, count * sizeof(*bounds));
    draft->buckets[count] = draft->series.count;
    for (size_t i = 0; i <= count; i++)
        buckets[i] = draft->buckets[i] - (i > 0 ? draft->buckets[i - 1] : 0);
    draft->series.bounds = bounds;
    draft->series.buckets = buckets;
    return 0;
}

int draft_add(struct draft *draft) {
    struct pushed_series *series = pushed_add(draft->out, draft->family);
    if (!series)
        return draft_no_memory(draft);
    *series = draft->series;
    return 0;
}

void draft_free(struct draft *draft) {
    strbuf_free(&draft->text);
    value_set_free(&draft->met);
}
