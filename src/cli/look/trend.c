#include "cli/look/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/look/bars.h"
#include "metrics/histogram.h"
#include "store/history_reader.h"

/* In terminal columns. */
enum { BAR_WIDTH = 20 };

/* The growth of a family in a period. */
struct cell {
    bool known;   /* the history has it, with a value of a gauge */
    bool whole;   /* it is over, and the history has all of its growth */
    double value; /* the growth, the gauge's value, or the observations */
    double sum;
};

/* Consecutive periods. */
struct span {
    int64_t *begins; /* count + 1 values; the last is the end */
    struct cell *cells;
    uint64_t *buckets; /* of a histogram: bucket_count per period */
    size_t bucket_count;
    size_t count;
};

struct walk {
    const struct json_object *filter;
    enum metric_shape shape;
    struct span *span;
    bool skipped; /* the filter excludes the series */
    bool found;   /* the filter permits a series */
    /* Of a gauge: */
    bool set;
    double value;
    size_t next; /* the first period without its value */
};

/* --- periods -------------------------------------------------------------- */

static void span_free(struct span *span) {
    free(span->begins);
    free(span->cells);
    free(span->buckets);
}

static int span_make(struct span *span, const struct trend *trend,
                     int64_t begin, size_t count, struct err *err) {
    const bool buckets = metric_shape(trend->family->type) == SHAPE_BUCKETS;
    *span = (struct span){.count = count};
    span->bucket_count = buckets ? trend->family->bound_count + 1 : 0;
    span->begins = calloc(count + 1, sizeof(*span->begins));
    span->cells = calloc(count, sizeof(*span->cells));
    if (buckets)
        span->buckets =
            calloc(count * span->bucket_count, sizeof(*span->buckets));
    if (!span->begins || !span->cells || (buckets && !span->buckets))
        return err_no_memory(err);
    for (size_t i = 0; i <= count; i++)
        span->begins[i] = calendar_later(trend->unit, begin, (int64_t)i);
    return 0;
}

/* The index of the period that contains the time. */
static size_t span_find(const struct span *span, int64_t time) {
    size_t low = 0;
    size_t high = span->count - 1;
    while (low < high) {
        const size_t middle = low + (high - low + 1) / 2;
        if (span->begins[middle] <= time)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The start of the compared periods. */
static int64_t begin_before(const struct trend *trend, int64_t begin,
                            size_t count) {
    enum { WEEK = 7 * 86400 };
    if (trend->unit == CALENDAR_MONTH)
        return calendar_later(CALENDAR_MONTH, begin, -(int64_t)count);
    const int64_t length =
        calendar_later(trend->unit, begin, (int64_t)count) - begin;
    return begin - (length + WEEK - 1) / WEEK * WEEK;
}

/* --- reading -------------------------------------------------------------- */

/* A json_visit of the filter; context is the labels. Not 0 if the label has
 * another value. */
static int differs(void *context, const char *key,
                   const struct json_object *value) {
    size_t len, other_len;
    const char *text = json_text(value, &len);
    const char *other = json_text(json_get(context, key), &other_len);
    return len != other_len || memcmp(text, other, len) != 0;
}

static bool is_asked_for(const struct walk *walk,
                         const struct history_series *series) {
    struct json_object *labels = NULL;
    struct err ignored;
    if (json_read(series->labels, series->labels_len, &labels, &ignored) != 0)
        return false;
    const bool asked = json_kind(labels) == JSON_OBJECT &&
                       json_members(walk->filter, differs, labels) == 0;
    json_free(labels);
    return asked;
}

/* A gauge keeps its value until it is set again. */
static void add_gauge(struct walk *walk, size_t up_to) {
    for (; walk->next < up_to; walk->next++) {
        struct cell *cell = &walk->span->cells[walk->next];
        if (!walk->set)
            continue;
        cell->value = cell->known ? cell->value + walk->value : walk->value;
        cell->known = true;
    }
}

static void begin_series(struct walk *walk,
                         const struct history_series *series) {
    if (walk->shape == SHAPE_VALUE && !walk->skipped)
        add_gauge(walk, walk->span->count);
    walk->skipped = !series || !is_asked_for(walk, series);
    walk->found = walk->found || !walk->skipped;
    walk->set = false;
    walk->next = 0;
}

static void add_growth(struct walk *walk, size_t period,
                       const struct history_growth *growth) {
    struct span *span = walk->span;
    struct cell *cell = &span->cells[period];
    const bool total = walk->shape == SHAPE_TOTAL;
    cell->value += total ? growth->value : growth->count;
    cell->sum += total ? 0 : growth->sum;
    for (size_t i = 0; i < span->bucket_count; i++)
        span->buckets[period * span->bucket_count + i] +=
            (uint64_t)growth->buckets[i];
}

static int take_growth(void *context, const struct history_series *series,
                       const struct history_growth *growth) {
    struct walk *walk = context;
    const struct span *span = walk->span;
    if (!growth) {
        begin_series(walk, series);
        return 0;
    }
    if (walk->skipped)
        return 0;
    const bool early = growth->at < span->begins[0];
    const size_t period = early ? 0 : span_find(span, growth->at);
    if (walk->shape != SHAPE_VALUE) {
        add_growth(walk, period, growth);
        return 0;
    }
    add_gauge(walk, period);
    walk->value = growth->value;
    walk->set = true;
    return 0;
}

static enum history_level level_of(enum calendar_unit unit) {
    return unit == CALENDAR_STEP   ? HISTORY_STEP
           : unit == CALENDAR_HOUR ? HISTORY_HOUR
                                   : HISTORY_DAY;
}

/* The period that contains `since` and later ones are known. Without a series
 * there are no periods. */
static int read_span(const struct trend *trend, struct reader *reader,
                     const struct json_object *filter, int64_t since,
                     struct span *span, struct err *err) {
    struct walk walk = {.filter = filter,
                        .shape = metric_shape(trend->family->type),
                        .span = span,
                        .skipped = true};
    const bool grows = walk.shape != SHAPE_VALUE;
    for (size_t i = 0; i < span->count; i++) {
        span->cells[i].known = grows && span->begins[i + 1] > since;
        span->cells[i].whole = (!grows || span->begins[i] >= since) &&
                               span->begins[i + 1] <= trend->now;
    }
    if (reader_history(reader, trend->family, level_of(trend->unit),
                       span->begins[0], span->begins[span->count], take_growth,
                       &walk, err) != 0)
        return -1;
    begin_series(&walk, NULL);
    if (!walk.found)
        span->count = 0;
    return 0;
}

/* --- showing -------------------------------------------------------------- */

static const double shares[] = {0.5, 0.75, 0.95};
enum { QUANTILES = sizeof(shares) / sizeof(shares[0]), P75 = 1 };

static double quantile_of(const struct trend *trend, const struct span *span,
                          size_t period, double share) {
    const struct family *family = trend->family;
    if (!span->cells[period].known)
        return NAN;
    return histogram_quantile(family->bounds, family->bound_count,
                              span->buckets + period * span->bucket_count,
                              share);
}

static void add_columns(const struct trend *trend, struct sheet *sheet) {
    static const char *const growth[] = {[SHAPE_TOTAL] = "growth",
                                         [SHAPE_VALUE] = "value",
                                         [SHAPE_OBSERVATIONS] = "count",
                                         [SHAPE_BUCKETS] = "count"};
    const enum metric_shape shape = metric_shape(trend->family->type);
    const bool table = trend->format == SHEET_TABLE;
    const char *name = calendar_name(trend->unit);
    sheet_column(sheet, name, trend->unit <= CALENDAR_HOUR ? "(UTC)" : name);
    if (table && trend->unit == CALENDAR_DAY)
        sheet_column(sheet, NULL, "");
    sheet_column(sheet, growth[shape], growth[shape]);
    if (metric_observes(trend->family->type))
        sheet_column(sheet, "mean", "mean");
    if (shape == SHAPE_BUCKETS) {
        sheet_column(sheet, "p50", "p50");
        sheet_column(sheet, "p75", "p75");
        sheet_column(sheet, "p95", "p95");
    }
    if (trend->compare) {
        sheet_column(sheet, "before", "before");
        sheet_column(sheet, "change_percent", "change %");
        if (shape == SHAPE_BUCKETS)
            sheet_column(sheet, "p75_before", "p75 before");
    }
    if (table)
        sheet_column(sheet, NULL, "");
}

static void add_values(const struct trend *trend, const struct span *span,
                       size_t period, struct sheet *sheet) {
    const struct cell *cell = &span->cells[period];
    sheet_known(sheet, cell->known ? cell->value : NAN);
    if (metric_observes(trend->family->type))
        sheet_rounded(sheet, cell->known && cell->value > 0
                                 ? cell->sum / cell->value
                                 : NAN);
    for (size_t i = 0; span->buckets && i < QUANTILES; i++)
        sheet_rounded(sheet, quantile_of(trend, span, period, shares[i]));
}

/* A part of a period differs from a whole period even if usage is the same. */
static double change_of(const struct cell *new, const struct cell *old) {
    if (!new->known || !old->known || !new->whole || !old->whole)
        return NAN;
    const double size = fabs(old->value);
    return size > 0 ? 100 * (new->value - old->value) / size : NAN;
}

static void add_comparison(const struct trend *trend, const struct span *now,
                           const struct span *before, size_t period,
                           struct sheet *sheet) {
    const struct cell *old = &before->cells[period];
    sheet_known(sheet, old->known ? old->value : NAN);
    sheet_rounded(sheet, change_of(&now->cells[period], old));
    if (before->buckets)
        sheet_rounded(sheet, quantile_of(trend, before, period, shares[P75]));
}

static double largest(const struct span *span) {
    double most = 0;
    for (size_t i = 0; i < span->count; i++)
        if (span->cells[i].known && isfinite(span->cells[i].value))
            most = fmax(most, span->cells[i].value);
    return most;
}

static void add_bar(const struct cell *cell, double most, bool utf8,
                    struct sheet *sheet) {
    struct strbuf bar = {0};
    if (cell->known && cell->value > 0 && most > 0)
        bars_add_bar(&bar, fmin(1, cell->value / most), BAR_WIDTH, utf8);
    sheet_text(sheet, strbuf_text(&bar), bar.len);
    sheet->out->failed |= bar.failed;
    strbuf_free(&bar);
}

/* before is NULL without a comparison. */
static void show(const struct trend *trend, const struct span *now,
                 const struct span *before, struct strbuf *out) {
    const double most = largest(now);
    struct sheet sheet;
    sheet_begin(&sheet, trend->format, trend->utf8, out);
    add_columns(trend, &sheet);
    for (size_t i = 0; i < now->count; i++) {
        char text[CALENDAR_SIZE];
        sheet_row(&sheet);
        calendar_format(trend->unit, now->begins[i], text);
        sheet_string(&sheet, text);
        if (trend->format == SHEET_TABLE && trend->unit == CALENDAR_DAY)
            sheet_string(&sheet, calendar_weekday(now->begins[i]));
        add_values(trend, now, i, &sheet);
        if (before)
            add_comparison(trend, now, before, i, &sheet);
        if (trend->format == SHEET_TABLE)
            add_bar(&now->cells[i], most, trend->utf8, &sheet);
    }
    sheet_end(&sheet, trend->format == SHEET_TABLE ? "  " : "",
              "  no series\n");
}

static void add_heading(const struct trend *trend, struct strbuf *out) {
    const struct family *family = trend->family;
    if (trend->format != SHEET_TABLE)
        return;
    strbuf_printf(out, "%s, %s%s", family->name, metric_type_name(family->type),
                  *family->help ? ": " : "");
    utf8_escape(out, family->help, strlen(family->help), trend->utf8);
    strbuf_add_char(out, '\n');
}

/* --- all of it ------------------------------------------------------------ */

static int count_periods(const struct trend *trend, int64_t begin,
                         size_t *count, struct err *err) {
    *count = 1;
    while (calendar_later(trend->unit, begin, (int64_t)*count) <= trend->last)
        if (++*count > TREND_PERIODS_MAX)
            return err_set(err, ERR_VALUE,
                           "more than %d rows; use a longer period with --by, "
                           "or a later --since",
                           TREND_PERIODS_MAX);
    return 0;
}

/* The start of the history at the level of the periods. Fails if that is after
 * the last period. */
static int read_since(const struct trend *trend, struct reader *reader,
                      int64_t *since, struct err *err) {
    char begin[CALENDAR_SIZE];
    if (reader_history_since(reader, level_of(trend->unit), since, err) != 0)
        return -1;
    if (*since == 0)
        return err_set(err, ERR_VALUE,
                       "there is no history: the responder records it with "
                       "history.enabled");
    if (*since <= trend->last)
        return 0;
    calendar_format(CALENDAR_DAY, *since, begin);
    return err_set(err, ERR_VALUE,
                   "the history by %s begins on %s; use a longer period with "
                   "--by, or a later time",
                   calendar_name(trend->unit), begin);
}

static int read_and_show(const struct trend *trend, struct reader *reader,
                         const struct json_object *filter, struct strbuf *out,
                         struct err *err) {
    struct span now = {.count = 0};
    struct span before = {.count = 0};
    int64_t since = 0;
    size_t count = 0;
    int result = read_since(trend, reader, &since, err);
    const int64_t begin =
        calendar_begin(trend->unit, since > trend->from ? since : trend->from);
    if (result == 0)
        result = count_periods(trend, begin, &count, err);
    if (result == 0 &&
        (span_make(&now, trend, begin, count, err) != 0 ||
         read_span(trend, reader, filter, since, &now, err) != 0))
        result = -1;
    if (result == 0 && trend->compare &&
        (span_make(&before, trend, begin_before(trend, begin, count), count,
                   err) != 0 ||
         read_span(trend, reader, filter, since, &before, err) != 0))
        result = -1;
    if (result == 0) {
        add_heading(trend, out);
        show(trend, &now, trend->compare ? &before : NULL, out);
        result = out->failed ? err_no_memory(err) : 0;
    }
    span_free(&now);
    span_free(&before);
    return result;
}

int trend_read(const struct trend *trend, struct reader *reader,
               struct strbuf *out, struct err *err) {
    struct json_object *filter = NULL;
    if (json_read(trend->filter, strlen(trend->filter), &filter, err) != 0)
        return -1;
    int result = read_and_show(trend, reader, filter, out, err);
    json_free(filter);
    return result;
}
