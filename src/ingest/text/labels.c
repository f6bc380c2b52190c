#include "ingest/text/labels.h"

#include <endian.h>
#include <string.h>

#include "metrics/metric.h"

/* Checks and interns a label name that the previous line did not have. */
static int add_label_name(const struct text_source *source,
                          struct text_labels *set, struct text_part name) {
    if (text_source_quoted(source, name.at))
        return -1;
    if (!label_name_valid(name.at, name.len))
        return text_source_fail(source, name.at, ERR_SYNTAX,
                                "expected the name of a label");
    const char *kept = builder_label_name(source->builder, name.at, name.len);
    if (!kept)
        return -1;
    set->labels[set->count].name = kept;
    set->names[set->count] = name;
    if (set->known == set->count)
        set->known++;
    return 0;
}

/* Reads the name of label set->count, often the one of the previous line. */
static const char *read_label_name(const struct text_source *source,
                                   struct text_labels *set, const char *at) {
    size_t i = set->count;
    struct text_part *last = &set->names[i];
    const char *start = at;
    source->builder->at[BUILDER_LABEL] = at;
    if (i < set->known && (size_t)(source->end - at) > last->len &&
        at[last->len] == '=' && memcmp(at, last->at, last->len) == 0) {
        last->at = at;
        at += last->len;
    } else {
        while (at < source->end && text_source_in_name(*at))
            at++;
        struct text_part name = {start, (size_t)(at - start)};
        if (add_label_name(source, set, name) != 0)
            return NULL;
    }
    return builder_label_fits(source->builder, set->labels, i) == 0 ? at : NULL;
}

/* Finds the first quote or backslash, or end. The mask sets the highest bit of
 * the first matching byte, and possibly of later bytes. */
static const char *find_quote(const char *at, const char *end) {
    const uint64_t ones = 0x0101010101010101u;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        word = le64toh(word);
        uint64_t quote = word ^ ones * '"';
        uint64_t backslash = word ^ ones * '\\';
        uint64_t found =
            ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
        found &= ones << 7;
        if (found != 0)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Reads a value after its opening quote. Returns the position after the closing
 * quote. The value points into the input unless it has escapes. */
static const char *read_label_value(const struct text_source *source,
                                    struct label *label, const char *at) {
    const char *start = at;
    bool escaped = false;
    at = find_quote(at, source->end);
    while (source->end - at >= 2 && *at == '\\') {
        escaped = true;
        at = find_quote(at + 2, source->end);
    }
    if (!text_source_at(source, at, '"')) {
        (void)text_source_fail(
            source, start - 1, ERR_SYNTAX,
            "the value of the label \"%.100s\" has no closing "
            "quote on its line",
            label->name);
        return NULL;
    }
    label->value = start;
    label->value_len = (size_t)(at - start);
    if (escaped) {
        label->value =
            text_source_unescape(source, start, at, true, &label->value_len);
        if (!label->value)
            return NULL;
    }
    return at + 1;
}

static const char *read_label(const struct text_source *source,
                              struct text_labels *set, const char *at) {
    at = read_label_name(source, set, at);
    if (!at)
        return NULL;
    struct label *label = &set->labels[set->count++];
    at = text_source_skip(source, at);
    if (!text_source_at(source, at, '=')) {
        (void)text_source_fail(source, at, ERR_SYNTAX,
                               "expected = after the label \"%.100s\"",
                               label->name);
        return NULL;
    }
    at = text_source_skip(source, at + 1);
    if (!text_source_at(source, at, '"')) {
        (void)text_source_fail(source, at, ERR_SYNTAX,
                               "expected the value of the label \"%.100s\" in "
                               "double quotes",
                               label->name);
        return NULL;
    }
    return read_label_value(source, label, at + 1);
}

/* Only 0.0.4 permits a trailing comma. */
const char *text_labels_read(const struct text_source *source,
                             struct text_labels *set, const char *at) {
    set->count = 0;
    at = text_source_skip(source, at);
    if (text_source_at(source, at, '}'))
        return at + 1;
    for (;;) {
        at = read_label(source, set, at);
        if (!at)
            return NULL;
        at = text_source_skip(source, at);
        if (text_source_at(source, at, '}'))
            return at + 1;
        if (!text_source_at(source, at, ',')) {
            (void)text_source_fail(source, at, ERR_SYNTAX,
                                   "expected , or } after the label \"%.100s\"",
                                   set->labels[set->count - 1].name);
            return NULL;
        }
        at = text_source_skip(source, at + 1);
        if (source->format == TEXT_PROMETHEUS &&
            text_source_at(source, at, '}'))
            return at + 1;
    }
}
