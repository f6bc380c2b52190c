#include "ingest/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"

/* Bytes of a message: for the position, and for a wrong name. */
enum { PLACE_MAX = 190, SHOWN_MAX = 100 };

static struct pushed_family *family_of(const struct builder *builder) {
    return &builder->out->families[builder->family];
}

/* Errors */

static void write_place(const struct builder *builder, struct strbuf *out) {
    if (!builder->in_family) {
        strbuf_printf(out, "the message at byte %zu", builder->offset);
        return;
    }
    strbuf_add_string(out, family_of(builder)->name);
    if (builder->labelled)
        label_set_show(builder->labels, builder->label_count, out);
    else if (builder->metric > 0)
        strbuf_printf(out, ", metric %zu", builder->metric);
}

static void put_place_in_front(const struct builder *builder,
                               enum err_code code, const char *message) {
    const int rest = sizeof(builder->err->message) - PLACE_MAX;
    struct strbuf place = {0};
    write_place(builder, &place);
    const char *text = strbuf_text(&place);
    bool cut = place.len > PLACE_MAX;
    size_t len = cut ? utf8_prefix(text, PLACE_MAX) : place.len;
    (void)err_set(builder->err, code, "%.*s%s: %.*s", (int)len, text,
                  cut ? "..." : "", rest, message);
    strbuf_free(&place);
}

int builder_refuse(struct builder *builder, enum builder_part part,
                   enum err_code code, const char *format, ...) {
    char message[sizeof(builder->err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (!builder->locate) {
        put_place_in_front(builder, code, message);
        return -1;
    }
    (void)err_set(builder->err, code, "%s", message);
    builder->locate(builder, part);
    return -1;
}

/* Names and text */

/* The number of bytes of text[0..len) that a message shows. */
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

static int check_name(struct builder *builder, enum builder_part part,
                      enum name_fault fault, const char *name, size_t len) {
    const char *what = part == BUILDER_LABEL ? "label" : "metric";
    const char *marks = part == BUILDER_LABEL ? " and _," : ", _ and :,";
    int end = shown(name, len);
    if (fault == NAME_FINE)
        return 0;
    if (fault == NAME_LONG)
        return builder_refuse(builder, part, ERR_LIMIT,
                              "a %s name has %zu bytes, must have at most %d",
                              what, len, FAMILY_NAME_MAX);
    return builder_refuse(
        builder, part, ERR_VALUE,
        "\"%.*s%s\" is not a %s name, must be letters, digits%s "
        "and not begin with a digit or __",
        end, name, (size_t)end < len ? "..." : "", what, marks);
}

static bool text_valid(const char *text, size_t len) {
    return utf8_valid(text, len) && !memchr(text, '\0', len);
}

/* Families */

void builder_message(struct builder *builder, size_t offset) {
    builder->offset = offset;
    builder->in_family = false;
    builder->metric = 0;
    builder->labelled = false;
}

int builder_family(struct builder *builder, const char *name, size_t len,
                   const char *suffix) {
    char joined[FAMILY_NAME_MAX + 1];
    size_t suffix_len = strlen(suffix);
    enum name_fault fault = metric_name_fault(name, len);
    if (fault == NAME_FINE && len + suffix_len > FAMILY_NAME_MAX)
        fault = NAME_LONG;
    if (check_name(builder, BUILDER_SERIES, fault, name, len + suffix_len) != 0)
        return -1;
    if (suffix_len > 0) {
        memcpy(joined, name, len);
        memcpy(joined + len, suffix, suffix_len);
        name = joined;
        len += suffix_len;
    }
    builder->known = pushed_find(builder->out, name, len) != NULL;
    const struct pushed_family *family = pushed_family(builder->out, name, len);
    if (!family)
        return err_no_memory(builder->err);
    builder->family = (uint32_t)(family - builder->out->families);
    builder->in_family = true;
    return 0;
}

static const char *type_name(enum metric_type type, bool unsupported) {
    return unsupported ? "gauge histogram" : metric_type_name(type);
}

int builder_type(struct builder *builder, enum metric_type type,
                 bool unsupported) {
    struct pushed_family *family = family_of(builder);
    if (builder->known &&
        (family->type != type || family->unsupported != unsupported))
        return builder_refuse(
            builder, BUILDER_SERIES, ERR_VALUE,
            "the message at byte %zu has the type %s, must have %s as before",
            builder->offset, type_name(type, unsupported),
            type_name(family->type, family->unsupported));
    family->type = type;
    family->unsupported = unsupported;
    return 0;
}

static int keep_text(struct builder *builder, const char *what,
                     const char *text, size_t len, const char **kept) {
    if (!text_valid(text, len))
        return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                              "the %s is not text, must be UTF-8 without NUL",
                              what);
    if (**kept != '\0' || len == 0)
        return 0;
    const char *copy = arena_copy(&builder->out->arena, text, len);
    if (!copy)
        return err_no_memory(builder->err);
    *kept = copy;
    return 0;
}

int builder_describe(struct builder *builder, const char *help, size_t help_len,
                     const char *unit, size_t unit_len) {
    struct pushed_family *family = family_of(builder);
    return keep_text(builder, "help", help, help_len, &family->help) == 0
               ? keep_text(builder, "unit", unit, unit_len, &family->unit)
               : -1;
}

/* Labels */

const char *builder_label_name(struct builder *builder, const char *name,
                               size_t len) {
    if (check_name(builder, BUILDER_LABEL, label_name_fault(name, len), name,
                   len) != 0)
        return NULL;
    const char *kept = pushed_label_name(builder->out, name, len);
    if (!kept)
        (void)err_no_memory(builder->err);
    return kept;
}

int builder_refuse_label(struct builder *builder, const struct label *labels,
                         size_t count) {
    if (count == PUSHED_LABELS_MAX)
        return builder_refuse(builder, BUILDER_LABEL, ERR_LIMIT,
                              "a series has more than %d labels, must have at "
                              "most %d",
                              PUSHED_LABELS_MAX, FAMILY_LABELS_MAX);
    return builder_refuse(builder, BUILDER_LABEL, ERR_VALUE,
                          "the label \"%.100s\" is repeated, must appear once",
                          labels[count].name);
}

int builder_label(struct builder *builder, const char *name, size_t name_len,
                  const char *value, size_t value_len) {
    struct label *label = &builder->labels[builder->label_count];
    label->name = builder_label_name(builder, name, name_len);
    if (!label->name ||
        builder_label_fits(builder, builder->labels, builder->label_count) != 0)
        return -1;
    if (!text_valid(value, value_len))
        return builder_refuse(builder, BUILDER_LABEL, ERR_VALUE,
                              "the value of the label %.100s is not text, must "
                              "be UTF-8 without NUL",
                              label->name);
    label->value = arena_copy(&builder->out->arena, value, value_len);
    label->value_len = value_len;
    if (!label->value)
        return err_no_memory(builder->err);
    builder->label_count++;
    return 0;
}

/* Series */

void builder_begin(struct builder *builder) {
    builder->metric++;
    builder->labelled = false;
    builder->label_count = 0;
}

int builder_series(struct builder *builder) {
    struct label *labels = builder->labels;
    size_t before = builder->index.count;
    size_t kept = 0;
    while (kept < builder->label_count && labels[kept].value_len > 0)
        kept++;
    for (size_t i = kept; i < builder->label_count; i++)
        if (labels[i].value_len > 0)
            labels[kept++] = labels[i];
    builder->label_count = kept;
    builder->labelled = true;
    builder->entry = pushed_index_get(&builder->index, builder->out,
                                      builder->family, labels, kept);
    builder->added = builder->index.count > before;
    return builder->entry ? 0 : err_no_memory(builder->err);
}

int builder_repeated(struct builder *builder) {
    unsigned first = builder_current(builder)->line;
    if (first > 0)
        return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                              "this series is repeated, first on line %u",
                              first);
    return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                          "the series is repeated, must appear once");
}

int builder_value(struct builder *builder, double value) {
    struct pushed_series *series = builder_current(builder);
    if (series->line > 0)
        return builder_repeated(builder);
    series->line = builder->line;
    series->value = value;
    return 0;
}

static int refuse_count(struct builder *builder, const char *what,
                        double value) {
    char number[NUMBER_SIZE];
    (void)number_format(value, number);
    return builder_refuse(builder, BUILDER_VALUE, ERR_VALUE,
                          "the %s is %s, must be a whole number from 0 to "
                          "below 2^53",
                          what, number);
}

int builder_whole(struct builder *builder, const char *what, double value,
                  uint64_t *count) {
    if (!(value >= 0 && value < NUMBER_EXACT))
        return refuse_count(builder, what, value);
    *count = (uint64_t)(int64_t)value;
    return (double)(int64_t)*count == value
               ? 0
               : refuse_count(builder, what, value);
}

void builder_free(struct builder *builder) {
    pushed_index_free(&builder->index);
}
