#include "store/row_fault.h"

#include <math.h>

#include "base/strbuf.h"
#include "metrics/histogram.h"
#include "metrics/label.h"
#include "sql.h"
#include "store/exemplar_rows.h"
#include "store/family_row.h"

struct search {
    struct db_statement *series;
    struct db_statement *pushers;
    struct db_statement *exemplars;
    struct family family;
    struct strbuf labels; /* labels as a scrape shows them */
    row_fault_visit *visit;
    void *context;
};

static const char bad_labels[] =
    "is not a JSON object of labels, sorted by name, as Tallyman writes it";
static const char no_totals[] =
    "has no totals: its row in the table total is missing";

static const char bad_buckets[] =
    "buckets is not a JSON array with one count more than the family has "
    "bounds";

static const char bad_exemplar[] =
    "has an exemplar that is not a value of its bucket with a JSON object of "
    "labels of at most 128 characters";

static const char bad_times[] = "a time is negative or not finite";

static const char bad_numbers[] = "a total is negative or not finite";

static bool labels_fine(struct search *search, struct db_statement *row,
                        int column) {
    size_t len;
    const char *labels = db_text(row, column, &len);
    strbuf_reset(&search->labels);
    return labels &&
           label_json_write_exposition(labels, len, &search->labels) == 0;
}

static bool buckets_fine(const struct search *search, struct db_statement *row,
                         int column) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    size_t len;
    if (metric_shape(search->family.type) != SHAPE_BUCKETS)
        return true;
    const char *buckets = db_text(row, column, &len);
    return buckets && histogram_read_json(buckets, len, counts,
                                          search->family.bound_count + 1) == 0;
}

/* Gauges may have any value. Members that a type does not have are 0. */
static bool numbers_fine(const struct search *search,
                         struct db_statement *row) {
    double value = db_real(row, 1);
    return metric_shape(search->family.type) == SHAPE_VALUE ||
           (isfinite(value) && value >= 0 && isfinite(db_real(row, 2)) &&
            db_integer(row, 3) >= 0);
}

static int tell(const struct search *search, const char *table,
                const char *labels, const char *what) {
    const struct row_fault fault = {
        table, search->family.name ? search->family.name : "", labels, what};
    return search->visit(search->context, &fault);
}

static int check_series(void *context, struct db_statement *row,
                        struct err *err) {
    struct search *search = context;
    (void)err;
    if (!labels_fine(search, row, 0))
        return tell(search, "series", db_string(row, 0), bad_labels);
    if (db_is_null(row, 5))
        return tell(search, "series", db_string(row, 0), no_totals);
    if (!buckets_fine(search, row, 4))
        return tell(search, "series", db_string(row, 0), bad_buckets);
    return numbers_fine(search, row)
               ? 0
               : tell(search, "series", db_string(row, 0), bad_numbers);
}

static int check_pusher(void *context, struct db_statement *row,
                        struct err *err) {
    struct search *search = context;
    (void)err;
    if (!labels_fine(search, row, 0) || !labels_fine(search, row, 1) ||
        (!db_is_null(row, 2) && !labels_fine(search, row, 2)))
        return tell(search, "pusher", db_string(row, 0), bad_labels);
    return buckets_fine(search, row, 3)
               ? 0
               : tell(search, "pusher", db_string(row, 0), bad_buckets);
}

static int check_exemplar(void *context, struct db_statement *row,
                          struct err *err) {
    const struct search *search = context;
    struct exemplar exemplar;
    (void)err;
    return exemplar_row_read(row, &search->family, &exemplar) >= 0
               ? 0
               : tell(search, "exemplar", db_string(row, 0), bad_exemplar);
}

static int check_label_set(void *context, struct db_statement *row,
                           struct err *err) {
    struct search *search = context;
    (void)err;
    return labels_fine(search, row, 0) && labels_fine(search, row, 1)
               ? 0
               : tell(search, "session_label_set", db_string(row, 0),
                      bad_labels);
}

static bool time_fine(struct db_statement *row, int column) {
    double time = db_real(row, column);
    return isfinite(time) && time >= 0;
}

static int check_group(void *context, struct db_statement *row,
                       struct err *err) {
    struct search *search = context;
    (void)err;
    if (!labels_fine(search, row, 1))
        return tell(search, "push_group", db_string(row, 1), bad_labels);
    return time_fine(row, 2) && time_fine(row, 3)
               ? 0
               : tell(search, "push_group", db_string(row, 1), bad_times);
}

static int check_family(void *context, struct db_statement *row,
                        struct err *err) {
    struct search *search = context;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    if (family_row_read(row, bounds, &search->family) != 0) {
        const struct row_fault fault = {
            "family", db_string(row, 1), "",
            "its name, type, help, unit or bounds are damaged"};
        search->family.name = NULL;
        return search->visit(search->context, &fault);
    }
    db_bind_integer(search->series, ":family", search->family.id);
    int result = db_each(search->series, check_series, search, err);
    if (result != 0)
        return result;
    db_bind_integer(search->pushers, ":family", search->family.id);
    result = db_each(search->pushers, check_pusher, search, err);
    if (result != 0)
        return result;
    db_bind_integer(search->exemplars, ":family", search->family.id);
    return db_each(search->exemplars, check_exemplar, search, err);
}

static int check_all(struct search *search, struct db *db, struct err *err) {
    if (db_prepare(db, sql_node_series, &search->series, err) != 0 ||
        db_prepare(db, sql_row_pushers, &search->pushers, err) != 0 ||
        db_prepare(db, sql_exemplars_list, &search->exemplars, err) != 0)
        return -1;
    int result = db_query(db, sql_node_families, check_family, search, err);
    search->family = (struct family){.id = 0};
    if (result == 0)
        result =
            db_query(db, sql_row_session_labels, check_label_set, search, err);
    if (result == 0)
        result = db_query(db, sql_node_groups, check_group, search, err);
    return result;
}

static int refuse_reference(void *context, struct db_statement *row,
                            struct err *err) {
    return err_set(err, ERR_CORRUPT,
                   "%s: a row of %.100s refers to a missing row; repair or "
                   "delete it in a copy with sqlite3",
                   (const char *)context, db_string(row, 0));
}

int row_references_check(struct db *db, const char *path, struct err *err) {
    return db_query(db, sql_foreign_key_check, refuse_reference, (void *)path,
                    err);
}

int row_faults_find(struct db *db, row_fault_visit *visit, void *context,
                    struct err *err) {
    struct search search = {.visit = visit, .context = context};
    int result = check_all(&search, db, err);
    if (search.labels.failed)
        result = err_no_memory(err);
    db_finalize(search.series);
    db_finalize(search.pushers);
    db_finalize(search.exemplars);
    strbuf_free(&search.labels);
    return result;
}
