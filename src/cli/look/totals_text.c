/* The text of totals.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/look/table.h"
#include "cli/look/totals.h"

/* The longest bar, in columns of the terminal. */
enum { BAR_WIDTH = 40 };

int totals_print_families(const struct reading *reading,
                          const struct totals_style *style, FILE *out) {
    struct table table = {.utf8 = style->utf8};
    static const char *const heads[] = {"family", "type", "series", "total"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_head(&table, heads[i]);
    if (style->rates)
        table_head(&table, "per second");
    table_head(&table, "updated (UTC)");
    for (size_t i = 0; i < reading->family_count; i++) {
        const struct family_total *family = &reading->families[i];
        table_string(&table, family->name);
        table_string(&table, family->type);
        table_number(&table, (double)family->series);
        table_number(&table, family->total);
        if (style->rates)
            table_rounded(&table, totals_family_rate(family, style));
        table_string(&table, family->updated);
    }
    int result = table.failed ? -1 : 0;
    table_print(&table, "", out);
    table_free(&table);
    return result;
}

/* --- one family ---------------------------------------------------------- */

/* The labels that any of the series has, sorted. */
struct label_names {
    char **names;
    size_t count;
    bool failed;
};

static int add_name(void *context, const char *key,
                    const struct json_object *value) {
    struct label_names *list = context;
    size_t at = 0;
    (void)value;
    while (at < list->count && strcmp(list->names[at], key) < 0)
        at++;
    if (at < list->count && strcmp(list->names[at], key) == 0)
        return 0;
    char **bigger =
        realloc(list->names, (list->count + 1) * sizeof(*list->names));
    char *copy = strdup(key);
    if (bigger)
        list->names = bigger;
    if (!bigger || !copy) {
        free(copy);
        list->failed = true;
        return -1;
    }
    memmove(bigger + at + 1, bigger + at,
            (list->count++ - at) * sizeof(*bigger));
    bigger[at] = copy;
    return 0;
}

static void label_names_free(struct label_names *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}

/* NULL when somebody has damaged the row: it is shown without labels. */
static struct json_object *labels_of(const struct series_total *series) {
    struct json_object *labels = NULL;
    struct err ignored;
    if (json_read(series->labels, series->labels_len, &labels, &ignored) != 0)
        return NULL;
    if (json_kind(labels) == JSON_OBJECT)
        return labels;
    json_free(labels);
    return NULL;
}

static void read_names(const struct reading *reading,
                       struct label_names *names) {
    for (size_t i = 0; i < reading->series_count; i++) {
        struct json_object *labels = labels_of(&reading->series[i]);
        if (labels)
            (void)json_members(labels, add_name, names);
        json_free(labels);
    }
}

static void add_labels(struct table *table, const struct series_total *series,
                       const struct label_names *names) {
    struct json_object *labels = labels_of(series);
    for (size_t i = 0; i < names->count; i++) {
        const struct json_object *value =
            labels ? json_get(labels, names->names[i]) : NULL;
        size_t len = 0;
        const char *text = "";
        if (value && json_kind(value) == JSON_STRING)
            text = json_string(value, &len);
        table_text(table, text, len);
    }
    json_free(labels);
}

static void add_heads(struct table *table, enum metric_shape shape,
                      bool rates) {
    switch (shape) {
    case SHAPE_TOTAL:
        table_head(table, "total");
        break;
    case SHAPE_VALUE:
        table_head(table, "value");
        return;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        table_head(table, "count");
        table_head(table, "mean");
        break;
    }
    for (size_t i = 0; shape == SHAPE_BUCKETS && i < TOTALS_QUANTILES; i++)
        table_head(table, totals_quantile_names[i]);
    if (rates)
        table_head(table, "per second");
}

static void add_numbers(struct table *table, const struct reading *reading,
                        const struct series_total *series,
                        const struct totals_style *style) {
    char value[NUMBER_SIZE];
    const enum metric_shape shape = metric_shape(reading->family.type);
    switch (shape) {
    case SHAPE_TOTAL:
        table_number(table, series->value);
        break;
    case SHAPE_VALUE:
        (void)number_format(series->value, value);
        table_digits(table, value);
        return;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        table_number(table, (double)series->count);
        table_rounded(table, totals_mean(series));
        break;
    }
    if (shape == SHAPE_BUCKETS)
        for (size_t i = 0; i < TOTALS_QUANTILES; i++)
            table_rounded(table, totals_quantile(reading, series, i));
    if (style->rates)
        table_rounded(table, totals_series_rate(reading, series, style));
}

/* --- the buckets of a histogram --------------------------------------------
 */

/* Appends a bar of share (0..1) of the full width, in eighths of a column. */
static void add_bar(struct strbuf *bar, double share, bool utf8) {
    long eighths = lround(share * BAR_WIDTH * 8);
    if (eighths == 0 && share > 0)
        eighths = 1; /* what is there is seen */
    if (!utf8) {
        for (long i = 0; i < (eighths + 7) / 8; i++)
            strbuf_add_char(bar, '#');
        return;
    }
    for (long i = 0; i < eighths / 8; i++)
        strbuf_add_string(bar, "\u2588");
    if (eighths % 8 > 0) {
        /* U+2588 is the full block, U+258F an eighth of it. */
        const char part[] = {'\xE2', '\x96', (char)(0x90 - eighths % 8)};
        strbuf_add(bar, part, sizeof(part));
    }
}

static int print_buckets(const struct family *family,
                         const struct series_total *series,
                         const struct totals_style *style, FILE *out) {
    struct table table = {.utf8 = style->utf8};
    struct strbuf bar = {0};
    uint64_t most = 1;
    for (size_t i = 0; i <= family->bound_count; i++)
        if (series->buckets[i] > most)
            most = series->buckets[i];
    table_head(&table, "up to");
    table_head(&table, "count");
    table_head(&table, "");
    for (size_t i = 0; i <= family->bound_count; i++) {
        double count = (double)series->buckets[i];
        table_number(&table,
                     i < family->bound_count ? family->bounds[i] : INFINITY);
        table_number(&table, count);
        strbuf_reset(&bar);
        add_bar(&bar, count / (double)most, style->utf8);
        table_text(&table, bar.data ? bar.data : "", bar.len);
    }
    int result = table.failed || bar.failed ? -1 : 0;
    table_print(&table, "  ", out);
    strbuf_free(&bar);
    table_free(&table);
    return result;
}

/* `a="1", b="2"`, each as it is in the table. */
static int add_label(void *context, const char *key,
                     const struct json_object *value) {
    struct strbuf *out = context;
    size_t len = 0;
    const char *text =
        json_kind(value) == JSON_STRING ? json_string(value, &len) : "";
    if (out->len > 0)
        strbuf_add_string(out, ", ");
    strbuf_printf(out, "%s=", key);
    json_write_string(text, len, JSON_ESCAPE_CONTROL, out);
    return 0;
}

static int print_series(const struct family *family,
                        const struct series_total *series,
                        const struct totals_style *style, FILE *out) {
    struct strbuf pairs = {0};
    struct strbuf text = {0};
    struct json_object *labels = labels_of(series);
    if (labels)
        (void)json_members(labels, add_label, &pairs);
    json_free(labels);
    utf8_escape(&text, pairs.data ? pairs.data : "", pairs.len, style->utf8);
    int result = pairs.failed || text.failed ? -1 : 0;
    (void)fprintf(out, "\n%s\n", text.len > 0 ? text.data : family->name);
    strbuf_free(&pairs);
    strbuf_free(&text);
    return result == 0 ? print_buckets(family, series, style, out) : -1;
}

/* --- together ---------------------------------------------------------------
 */

static int print_title(const struct family *family, bool utf8, FILE *out) {
    struct strbuf help = {0};
    utf8_escape(&help, family->help, strlen(family->help), utf8);
    int result = help.failed ? -1 : 0;
    (void)fprintf(out, "%s, %s%s%s\n", family->name,
                  metric_type_name(family->type), help.len > 0 ? ": " : "",
                  help.len > 0 ? help.data : "");
    strbuf_free(&help);
    return result;
}

static int print_table(const struct reading *reading,
                       const struct totals_style *style, FILE *out) {
    struct label_names names = {NULL, 0, false};
    struct table table = {.utf8 = style->utf8};
    read_names(reading, &names);
    for (size_t i = 0; i < names.count; i++)
        table_head(&table, names.names[i]);
    add_heads(&table, metric_shape(reading->family.type), style->rates);
    for (size_t i = 0; i < reading->series_count; i++) {
        add_labels(&table, &reading->series[i], &names);
        add_numbers(&table, reading, &reading->series[i], style);
    }
    int result = names.failed || table.failed ? -1 : 0;
    if (reading->series_count == 0)
        (void)fputs("  no series\n", out);
    else
        table_print(&table, "  ", out);
    table_free(&table);
    label_names_free(&names);
    return result;
}

int totals_print_family(const struct reading *reading,
                        const struct totals_style *style, FILE *out) {
    if (print_title(&reading->family, style->utf8, out) != 0 ||
        print_table(reading, style, out) != 0)
        return -1;
    for (size_t i = 0; i < reading->series_count; i++) {
        const struct series_total *series = &reading->series[i];
        if (series->buckets && series->count > 0 &&
            print_series(&reading->family, series, style, out) != 0)
            return -1;
    }
    return 0;
}
