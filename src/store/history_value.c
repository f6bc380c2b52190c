#include "store/history_value.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

/* --- text ----------------------------------------------------------------- */

/* Reads the number at *at, which a comma, a bracket or end terminates. */
static bool read_number(const char **at, const char *end, double *out) {
    enum { EXACT_DIGITS = 15 };
    const char *start = *at;
    const char *next = start;
    uint64_t digits = 0;
    while (next < end && *next >= '0' && *next <= '9')
        digits = digits * 10 + (uint64_t)(*next++ - '0');
    *at = next;
    *out = (double)digits;
    if (next > start && next - start <= EXACT_DIGITS &&
        (next == end || *next == ',' || *next == ']'))
        return true;
    while (next < end && *next != ',' && *next != ']')
        next++;
    *at = next;
    return number_read(start, (size_t)(next - start), false, out) ==
               NUMBER_FINE &&
           isfinite(*out);
}

static bool read_count(const char **at, const char *end, double *out) {
    return read_number(at, end, out) && *out >= 0 && *out == floor(*out);
}

static bool is_count(double value) {
    return isfinite(value) && value >= 0;
}

static bool take(const char **at, const char *end, char c) {
    if (*at == end || **at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_word(const char **at, const char *end, const char *word) {
    const size_t len = strlen(word);
    if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

/* The value of total.count, which is the number of counts, of a series. */
static size_t count_of_counts(const struct family *family) {
    return metric_shape(family->type) == SHAPE_BUCKETS ? family->bound_count + 1
                                                       : 1;
}

/* `[sum,count,count,...]`; trailing zeros may be missing. */
static enum history_found read_observations(const char **at, const char *end,
                                            const struct family *family,
                                            struct history_value *out) {
    const size_t counts = count_of_counts(family);
    size_t i = 0;
    out->sum = out->count = 0;
    if (!take(at, end, '['))
        return HISTORY_DAMAGED;
    if (!take(at, end, ']')) {
        if (!read_number(at, end, &out->sum))
            return HISTORY_DAMAGED;
        for (; i < counts && take(at, end, ','); i++) {
            if (!read_count(at, end, &out->buckets[i]))
                return HISTORY_DAMAGED;
            out->count += out->buckets[i];
        }
        if (!take(at, end, ']'))
            return HISTORY_DAMAGED;
    }
    memset(&out->buckets[i], 0, (counts - i) * sizeof(out->buckets[0]));
    return out->count > 0 ? HISTORY_FOUND : HISTORY_NONE;
}

/* NaN and infinities are strings, because JSON has no numbers for them. */
static enum history_found read_value(const char **at, const char *end,
                                     struct history_value *out) {
    static const struct {
        const char *word;
        double value;
    } words[] = {
        {"\"NaN\"", NAN}, {"\"+Inf\"", INFINITY}, {"\"-Inf\"", -INFINITY}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (take_word(at, end, words[i].word)) {
            out->value = words[i].value;
            return HISTORY_FOUND;
        }
    }
    return read_number(at, end, &out->value) ? HISTORY_FOUND : HISTORY_DAMAGED;
}

static enum history_found check_growth(double value) {
    if (!is_count(value))
        return HISTORY_DAMAGED;
    return value > 0 ? HISTORY_FOUND : HISTORY_NONE;
}

enum history_found history_value_read(const char **at, const char *end,
                                      const struct family *family,
                                      struct history_value *out) {
    if (take_word(at, end, "null"))
        return HISTORY_NONE;
    switch (metric_shape(family->type)) {
    case SHAPE_VALUE:
        return read_value(at, end, out);
    case SHAPE_TOTAL:
        return read_number(at, end, &out->value) ? check_growth(out->value)
                                                 : HISTORY_DAMAGED;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        break;
    }
    if (*at < end && **at != '[') {
        double nothing;
        return read_number(at, end, &nothing) && !(nothing < 0 || nothing > 0)
                   ? HISTORY_NONE
                   : HISTORY_DAMAGED;
    }
    return read_observations(at, end, family, out);
}

static void add_number(double value, struct strbuf *out) {
    char number[NUMBER_SIZE];
    strbuf_add(out, number, number_format(value, number));
}

void history_value_write(const struct family *family,
                         const struct history_value *value,
                         struct strbuf *out) {
    char digits[NATURAL_SIZE];
    if (!metric_observes(family->type)) {
        const char *quote = isfinite(value->value) ? "" : "\"";
        strbuf_add_string(out, quote);
        add_number(value->value, out);
        strbuf_add_string(out, quote);
        return;
    }
    strbuf_add_char(out, '[');
    add_number(value->sum, out);
    size_t count = count_of_counts(family);
    while (count > 0 && value->buckets[count - 1] <= 0)
        count--;
    for (size_t i = 0; i < count; i++) {
        strbuf_add_char(out, ',');
        strbuf_add(out, digits,
                   natural_format((uint64_t)value->buckets[i], digits));
    }
    strbuf_add_char(out, ']');
}

/* --- rows ----------------------------------------------------------------- */

enum history_found history_value_of(struct db_statement *row, int column,
                                    const struct family *family,
                                    struct history_value *out) {
    size_t len;
    const enum metric_shape shape = metric_shape(family->type);
    if (shape == SHAPE_VALUE || shape == SHAPE_TOTAL) {
        const bool number = db_is_number(row, column);
        out->value = number ? db_real(row, column) : NAN;
        if (shape == SHAPE_TOTAL)
            return check_growth(out->value);
        return number || db_is_null(row, column) ? HISTORY_FOUND
                                                 : HISTORY_DAMAGED;
    }
    const char *text = db_text(row, column, &len);
    if (!text)
        return HISTORY_DAMAGED;
    const char *end = text + len;
    const enum history_found found = read_observations(&text, end, family, out);
    return text == end ? found : HISTORY_DAMAGED;
}

void history_value_bind(struct db_statement *statement, const char *name,
                        const struct family *family,
                        const struct history_value *value,
                        struct strbuf *text) {
    const double number = value->value;
    if (metric_observes(family->type)) {
        strbuf_reset(text);
        history_value_write(family, value, text);
        db_bind_text(statement, name, text->data, text->len);
    } else if (fabs(number) < NUMBER_EXACT && floor(number) == number) {
        db_bind_integer(statement, name, (int64_t)number);
    } else {
        db_bind_real(statement, name, number);
    }
}

static enum history_found read_buckets(struct db_statement *row, int column,
                                       const struct family *family,
                                       struct history_value *out) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    size_t len;
    const char *text = db_text(row, column, &len);
    if (!text ||
        histogram_read_json(text, len, counts, family->bound_count + 1) != 0)
        return HISTORY_DAMAGED;
    out->count = 0;
    for (size_t i = 0; i <= family->bound_count; i++) {
        out->buckets[i] = (double)counts[i];
        out->count += out->buckets[i];
    }
    return HISTORY_FOUND;
}

enum history_found history_total_of(struct db_statement *row, int column,
                                    const struct family *family,
                                    struct history_value *out) {
    const bool null = db_is_null(row, column);
    out->value = null ? NAN : db_real(row, column);
    out->sum = db_real(row, column + 1);
    out->count = (double)db_integer(row, column + 2);
    out->buckets[0] = out->count;
    switch (metric_shape(family->type)) {
    case SHAPE_VALUE:
        return out->count > 0 || null ? HISTORY_FOUND : HISTORY_NONE;
    case SHAPE_TOTAL:
        return is_count(out->value) ? HISTORY_FOUND : HISTORY_DAMAGED;
    case SHAPE_OBSERVATIONS:
        return is_count(out->count) && isfinite(out->sum) ? HISTORY_FOUND
                                                          : HISTORY_DAMAGED;
    case SHAPE_BUCKETS:
        break;
    }
    return isfinite(out->sum) ? read_buckets(row, column + 3, family, out)
                              : HISTORY_DAMAGED;
}

/* --- sums ----------------------------------------------------------------- */

void history_value_add(const struct family *family, struct history_value *value,
                       const struct history_value *more) {
    switch (metric_shape(family->type)) {
    case SHAPE_VALUE:
        value->value = more->value;
        return;
    case SHAPE_TOTAL:
        value->value =
            number_without_noise(value->value + more->value, more->value);
        return;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        break;
    }
    value->sum = number_without_noise(value->sum + more->sum, more->sum);
    value->count += more->count;
    for (size_t i = 0; i < count_of_counts(family); i++)
        value->buckets[i] += more->buckets[i];
}

bool history_value_subtract(const struct family *family,
                            struct history_value *totals,
                            const struct history_value *before) {
    if (metric_shape(family->type) == SHAPE_TOTAL) {
        const double grown = totals->value - before->value;
        totals->value = fmax(0, number_without_noise(grown, totals->value));
        return totals->value > 0;
    }
    totals->sum = number_without_noise(totals->sum - before->sum, totals->sum);
    totals->count = 0;
    for (size_t i = 0; i < count_of_counts(family); i++) {
        totals->buckets[i] = fmax(0, totals->buckets[i] - before->buckets[i]);
        totals->count += totals->buckets[i];
    }
    return totals->count > 0;
}
