#include "cli/look/totals.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/look/bars.h"
#include "metrics/histogram.h"
#include "sql.h"
#include "store/family_row.h"

static void add_column(struct sheet *sheet, struct db_statement *row,
                       int column) {
    size_t len;
    const char *text = db_text(row, column, &len);
    sheet_text(sheet, text ? text : "", len);
}

/* --- rates ---------------------------------------------------------------- */

static int growth_add(struct growth *growth, const char *key, double value) {
    struct grown *grown = arena_take(&growth->arena, sizeof(*grown));
    key = arena_copy(&growth->arena, key, strlen(key));
    if (!grown || !key)
        return -1;
    *grown = (struct grown){key, value, NULL};
    if (growth->last)
        growth->last->next = grown;
    else
        growth->first = grown;
    growth->last = grown;
    return 0;
}

/* The growth per second. Calls must be in the order of the keys. */
static double rate(struct totals *totals, const char *key, double value) {
    const struct grown *before = totals->next;
    double was = 0; /* for a new key */
    if (!key)
        key = "";
    if (growth_add(&totals->now, key, value) != 0)
        totals->out.failed = true;
    while (before && strcmp(before->key, key) < 0)
        before = before->next;
    if (before && strcmp(before->key, key) == 0)
        was = before->value;
    totals->next = before;
    return totals->seconds > 0 && value >= was ? (value - was) / totals->seconds
                                               : NAN;
}

void totals_again(struct totals *totals, double seconds) {
    arena_free(&totals->before.arena);
    totals->before = totals->now;
    totals->now = (struct growth){.first = NULL};
    totals->next = totals->before.first;
    totals->seconds = seconds;
    strbuf_free(&totals->out);
}

void totals_free(struct totals *totals) {
    arena_free(&totals->before.arena);
    arena_free(&totals->now.arena);
    strbuf_free(&totals->out);
}

/* --- all families --------------------------------------------------------- */

struct overview {
    struct totals *totals;
    struct sheet sheet;
};

static int add_family(void *context, struct db_statement *row,
                      struct err *err) {
    struct overview *overview = context;
    struct totals *totals = overview->totals;
    struct sheet *sheet = &overview->sheet;
    size_t len;
    double total = db_is_null(row, 3) ? NAN : db_real(row, 3);
    (void)err;
    sheet_row(sheet);
    add_column(sheet, row, 0);
    add_column(sheet, row, 1);
    sheet_number(sheet, db_real(row, 2));
    sheet_known(sheet, total);
    if (totals->rates)
        sheet_rounded(sheet, rate(totals, db_text(row, 0, &len), total));
    add_column(sheet, row, 4);
    add_column(sheet, row, 5);
    return 0;
}

int totals_read_families(struct totals *totals, struct db *db,
                         struct err *err) {
    struct overview overview = {.totals = totals};
    struct sheet *sheet = &overview.sheet;
    sheet_begin(sheet, totals->format, totals->utf8, &totals->out);
    sheet_column(sheet, "family", "family");
    sheet_column(sheet, "type", "type");
    sheet_column(sheet, "series", "series");
    sheet_column(sheet, "total", "total");
    if (totals->rates)
        sheet_column(sheet, "per_second", "per second");
    sheet_column(sheet, "updated", "updated (UTC)");
    sheet_column(sheet, "help", NULL);
    int result = db_query(db, sql_families_list, add_family, &overview, err);
    sheet_end(sheet, "", NULL);
    return result == 0 && totals->out.failed ? err_no_memory(err) : result;
}

/* --- one family ----------------------------------------------------------- */

enum { QUANTILES = 4 };
static const struct {
    const char *name;
    double share;
} quantiles[QUANTILES] = {
    {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}, {"p99", 0.99}};

struct detail {
    struct totals *totals;
    struct db *db;
    const char *filter;
    struct db_statement *described; /* positioned at the row of the family */
    struct family family;           /* name, help, type and bounds */
    double bounds[HISTOGRAM_BOUNDS_MAX];
    enum metric_shape shape;
    struct strbuf names; /* of the labels of a table, each with a NUL */
    struct sheet sheet;
    struct strbuf bars; /* below the table */
};

/* Returns 1, 0 for a missing family or a damaged row, -1 on error. The texts
 * belong to the statement. */
static int describe(struct detail *detail, const char *name, struct err *err) {
    if (db_prepare(detail->db, sql_family_describe, &detail->described, err) !=
        0)
        return -1;
    db_bind_string(detail->described, ":name", name);
    int result = db_step(detail->described, err);
    if (result == 1 && family_row_read(detail->described, detail->bounds,
                                       &detail->family) != 0)
        return 0;
    detail->shape = metric_shape(detail->family.type);
    return result;
}

/* Visits the series, or the names of their labels. */
static int visit(struct detail *detail, const char *sql, db_visit *visit_row,
                 struct err *err) {
    struct db_statement *statement;
    if (db_prepare(detail->db, sql, &statement, err) != 0)
        return -1;
    db_bind_integer(statement, ":family", detail->family.id);
    db_bind_integer(statement, ":always", detail->shape != SHAPE_VALUE);
    db_bind_string(statement, ":filter", detail->filter);
    int result = db_each(statement, visit_row, detail, err);
    db_finalize(statement);
    return result;
}

static int add_name(void *context, struct db_statement *row, struct err *err) {
    struct detail *detail = context;
    size_t len;
    const char *name = db_text(row, 0, &len);
    if (!name)
        return err_no_memory(err);
    sheet_column(&detail->sheet, NULL, name);
    strbuf_add(&detail->names, name, strlen(name) + 1);
    return 0;
}

static int add_columns(struct detail *detail, struct err *err) {
    struct sheet *sheet = &detail->sheet;
    const bool observes = metric_observes(detail->family.type);
    sheet_column(sheet, "family", NULL);
    sheet_column(sheet, "type", NULL);
    sheet_column(sheet, "labels", NULL);
    if (sheet->format == SHEET_TABLE &&
        visit(detail, sql_totals_labels, add_name, err) != 0)
        return -1;
    if (detail->shape == SHAPE_TOTAL)
        sheet_column(sheet, "total", "total");
    if (detail->shape == SHAPE_VALUE)
        sheet_column(sheet, "value", "value");
    if (observes) {
        sheet_column(sheet, "count", "count");
        sheet_column(sheet, "sum", NULL);
        sheet_column(sheet, "mean", "mean");
    }
    if (detail->shape == SHAPE_BUCKETS) {
        for (size_t i = 0; i < QUANTILES; i++)
            sheet_column(sheet, quantiles[i].name, quantiles[i].name);
        sheet_column(sheet, "buckets", NULL);
    }
    if (detail->totals->rates)
        sheet_column(sheet, "per_second",
                     detail->shape == SHAPE_VALUE ? NULL : "per second");
    sheet_column(sheet, "updated", NULL);
    return 0;
}

/* NULL for a damaged row, which is shown without labels. */
static struct json_object *read_labels(struct db_statement *row) {
    struct json_object *labels = NULL;
    struct err ignored;
    size_t len;
    const char *text = db_text(row, 1, &len);
    if (json_read(text ? text : "", len, &labels, &ignored) != 0)
        return NULL;
    if (json_kind(labels) == JSON_OBJECT)
        return labels;
    json_free(labels);
    return NULL;
}

static int write_label(void *context, const char *key,
                       const struct json_object *value) {
    size_t len;
    const char *text = json_text(value, &len);
    json_writer_text(context, key, text, len);
    return 0;
}

static void add_labels(struct detail *detail,
                       const struct json_object *labels) {
    struct sheet *sheet = &detail->sheet;
    const char *key;
    struct json_writer *json = sheet_json(sheet, &key);
    if (json) {
        json_writer_open(json, key, '{');
        if (labels)
            (void)json_members(labels, write_label, json);
        json_writer_close(json, '}');
    }
    for (const char *name = detail->names.data;
         name && name < detail->names.data + detail->names.len;
         name += strlen(name) + 1) {
        size_t len;
        const char *text =
            json_text(labels ? json_get(labels, name) : NULL, &len);
        sheet_text(sheet, text, len);
    }
}

/* A row without buckets is damaged. */
static void add_buckets(struct detail *detail, const uint64_t *buckets) {
    const struct family *family = &detail->family;
    const char *key;
    for (size_t i = 0; i < QUANTILES; i++)
        sheet_rounded(&detail->sheet,
                      buckets ? histogram_quantile(family->bounds,
                                                   family->bound_count, buckets,
                                                   quantiles[i].share)
                              : NAN);
    struct json_writer *json = sheet_json(&detail->sheet, &key);
    if (json && buckets)
        bars_write_json(family, buckets, json, key);
    else if (json)
        json_writer_string(json, key, NULL);
}

static int add_series(void *context, struct db_statement *row,
                      struct err *err) {
    struct detail *detail = context;
    struct totals *totals = detail->totals;
    const struct family *family = &detail->family;
    struct sheet *sheet = &detail->sheet;
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    const uint64_t *buckets = NULL;
    const double value = db_is_null(row, 2) ? NAN : db_real(row, 2);
    const uint64_t count = (uint64_t)db_integer(row, 4);
    const bool observes = metric_observes(family->type);
    struct json_object *labels = read_labels(row);
    size_t len;
    (void)err;
    sheet_row(sheet);
    sheet_string(sheet, family->name);
    sheet_string(sheet, metric_type_name(family->type));
    add_labels(detail, labels);
    if (db_is_null(row, 4)) { /* its totals are missing from the database */
        for (size_t i = sheet->next; i < sheet->column_count; i++)
            sheet_null(sheet);
        json_free(labels);
        return 0;
    }
    if (detail->shape == SHAPE_TOTAL)
        sheet_known(sheet, value);
    if (detail->shape == SHAPE_VALUE)
        sheet_number(sheet, value);
    if (observes) {
        sheet_count(sheet, count);
        sheet_number(sheet, db_real(row, 3));
        sheet_rounded(sheet, count > 0 ? db_real(row, 3) / (double)count : NAN);
    }
    if (detail->shape == SHAPE_BUCKETS) {
        const char *text = db_text(row, 5, &len);
        if (text && histogram_read_json(text, len, counts,
                                        family->bound_count + 1) == 0)
            buckets = counts;
        add_buckets(detail, buckets);
    }
    if (totals->rates)
        sheet_rounded(sheet, detail->shape == SHAPE_VALUE
                                 ? NAN
                                 : rate(totals, db_text(row, 1, &len),
                                        observes ? (double)count : value));
    add_column(sheet, row, 6);
    if (buckets && count > 0 && sheet->format == SHEET_TABLE)
        bars_add(family, labels, buckets, totals->utf8, &detail->bars);
    json_free(labels);
    return 0;
}

static int show(struct detail *detail, struct err *err) {
    struct totals *totals = detail->totals;
    const struct family *family = &detail->family;
    struct strbuf *out = &totals->out;
    if (totals->format == SHEET_TABLE) {
        strbuf_printf(out, "%s, %s%s", family->name,
                      metric_type_name(family->type),
                      *family->help ? ": " : "");
        utf8_escape(out, family->help, strlen(family->help), totals->utf8);
        strbuf_add_char(out, '\n');
    }
    sheet_begin(&detail->sheet, totals->format, totals->utf8, out);
    int result = add_columns(detail, err);
    if (result == 0)
        result = visit(detail, sql_totals_list, add_series, err);
    sheet_end(&detail->sheet, "  ", "  no series\n");
    strbuf_add(out, strbuf_text(&detail->bars), detail->bars.len);
    out->failed |= detail->bars.failed || detail->names.failed;
    return result == 0 && out->failed ? err_no_memory(err) : result;
}

int totals_read_family(struct totals *totals, struct db *db, const char *name,
                       const char *filter, struct err *err) {
    struct detail detail = {.totals = totals, .db = db, .filter = filter};
    int result = describe(&detail, name, err);
    if (result == 1)
        result = show(&detail, err) == 0 ? 1 : -1;
    db_finalize(detail.described);
    strbuf_free(&detail.bars);
    strbuf_free(&detail.names);
    return result;
}
