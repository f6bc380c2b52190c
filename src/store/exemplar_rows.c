#include "store/exemplar_rows.h"

#include <string.h>

static int next_row(struct exemplar_rows *exemplars, struct err *err) {
    int result = db_step(exemplars->rows, err);
    exemplars->waiting = result == 1;
    return result < 0 ? -1 : 0;
}

int exemplar_rows_begin(struct exemplar_rows *exemplars,
                        struct db_statement *rows, const struct family *family,
                        struct err *err) {
    exemplars->rows = rows;
    exemplars->family = family;
    db_bind_integer(rows, ":family", family->id);
    return next_row(exemplars, err);
}

/* In SQLite's order of texts. */
static int compare(const char *a, size_t a_len, const char *b, size_t b_len) {
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

int exemplar_row_read(struct db_statement *row, const struct family *family,
                      struct exemplar *exemplar) {
    *exemplar =
        (struct exemplar){.value = db_real(row, 3), .time = db_real(row, 4)};
    exemplar->labels = db_text(row, 2, &exemplar->labels_len);
    size_t bucket =
        histogram_bucket(family->bounds, family->bound_count, exemplar->value);
    return exemplar->labels && db_integer(row, 1) == (int64_t)bucket &&
                   exemplar_fits(exemplar)
               ? 0
               : -1;
}

static int add_row(struct exemplar_rows *exemplars, struct series *series,
                   struct err *err) {
    struct exemplar exemplar;
    if (exemplar_row_read(exemplars->rows, exemplars->family, &exemplar) != 0)
        return 0;
    exemplar.labels =
        arena_copy(&exemplars->arena, exemplar.labels, exemplar.labels_len);
    if (!exemplar.labels)
        return err_no_memory(err);
    exemplars->list[series->exemplar_count++] = exemplar;
    series->exemplars = exemplars->list;
    return 0;
}

int exemplar_rows_take(struct exemplar_rows *exemplars, struct series *series,
                       struct err *err) {
    arena_reset(&exemplars->arena);
    while (exemplars->waiting && series->labels) {
        size_t len;
        const char *row = db_text(exemplars->rows, 0, &len);
        int order =
            row ? compare(row, len, series->labels, series->labels_len) : -1;
        if (order > 0)
            return 0;
        if ((order == 0 && add_row(exemplars, series, err) != 0) ||
            next_row(exemplars, err) != 0)
            return -1;
    }
    return 0;
}

void exemplar_rows_end(struct exemplar_rows *exemplars) {
    if (!exemplars->rows)
        return;
    db_reset(exemplars->rows);
    arena_free(&exemplars->arena);
    exemplars->rows = NULL;
}
