#include "store/family_row.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"
#include "store/connection.h"

/* Writes nothing for a family without bounds. */
static void write_bounds(const struct family *family, struct strbuf *out) {
    if (metric_shape(family->type) != SHAPE_BUCKETS)
        return;
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < family->bound_count; i++) {
        char number[NUMBER_SIZE];
        if (i > 0)
            strbuf_add_char(out, ',');
        strbuf_add(out, number, number_format(family->bounds[i], number));
    }
    strbuf_add_char(out, ']');
}

static bool column_is(struct db_statement *statement, int column,
                      const char *want) {
    size_t len;
    const char *text = db_text(statement, column, &len);
    return text && want ? strcmp(text, want) == 0 : text == want;
}

int family_row_find(struct db_statement *statement, const struct family *family,
                    struct family_row *row, struct err *err) {
    struct strbuf bounds = {0};
    size_t len;
    *row = (struct family_row){.id = 0};
    write_bounds(family, &bounds);
    if (bounds.failed) {
        strbuf_free(&bounds);
        return err_no_memory(err);
    }
    db_bind_string(statement, ":name", family->name);
    int result = db_step(statement, err);
    if (result == 1) {
        row->id = db_integer(statement, 0);
        row->same_kind =
            column_is(statement, 2, metric_type_name(family->type)) &&
            column_is(statement, 5, bounds.data);
        row->same_text = column_is(statement, 3, family->help) &&
                         column_is(statement, 4, family->unit);
        row->zeroed = db_integer(statement, 6);
        row->open = db_integer(statement, 7) != 0;
        const char *type = db_text(statement, 2, &len);
        if (type)
            (void)metric_type_parse(type, len, &row->type);
    }
    db_reset(statement);
    strbuf_free(&bounds);
    return result < 0 ? -1 : 0;
}

int family_row_write(struct store *store, struct family *family,
                     struct err *err) {
    bool new = family->id == 0;
    struct db_statement *write =
        new ? store->sql.family_insert : store->sql.family_update;
    struct strbuf bounds = {0};
    write_bounds(family, &bounds);
    if (new)
        db_bind_string(write, ":name", family->name);
    else
        db_bind_integer(write, ":id", family->id);
    db_bind_string(write, ":type", metric_type_name(family->type));
    db_bind_string(write, ":help", family->help);
    db_bind_string(write, ":unit", family->unit);
    db_bind_text(write, ":bounds", bounds.data, bounds.len);
    db_bind_integer(write, ":open", family->open);
    int result = bounds.failed ? err_no_memory(err) : db_run(write, err);
    strbuf_free(&bounds);
    if (result == 0 && new)
        family->id = db_last_id(store->db);
    return result;
}

int family_row_set_zeroed(struct store *store, int64_t id, int64_t zeroed,
                          struct err *err) {
    struct db_statement *set = store->sql.family_zeroed;
    db_bind_integer(set, ":id", id);
    db_bind_integer(set, ":zeroed", zeroed);
    return db_run(set, err);
}

/* Accepts finite, ascending numbers. */
static bool bounds_from(const struct json_object *array,
                        struct family *family) {
    size_t count = json_kind(array) == JSON_ARRAY ? json_length(array) : 0;
    if (json_kind(array) != JSON_ARRAY || count > HISTOGRAM_BOUNDS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct json_object *bound = json_at(array, i);
        enum json_kind kind = json_kind(bound);
        if (kind != JSON_INTEGER && kind != JSON_NUMBER)
            return false;
        family->bounds[i] = json_number(bound);
        if (!isfinite(family->bounds[i]) ||
            (i > 0 && family->bounds[i] <= family->bounds[i - 1]))
            return false;
    }
    family->bound_count = count;
    return true;
}

static bool read_bounds(const char *text, size_t len, struct family *family) {
    struct json_object *array = NULL;
    struct err ignored;
    if (!text || json_read(text, len, &array, &ignored) != 0)
        return false;
    bool valid = bounds_from(array, family);
    json_free(array);
    return valid;
}

int family_row_read(struct db_statement *statement,
                    double bounds[HISTOGRAM_BOUNDS_MAX],
                    struct family *family) {
    size_t len[4];
    const char *texts[4]; /* name, type, help, unit */
    *family =
        (struct family){.open = true, .any_labels = true, .bounds = bounds};
    for (int i = 0; i < 4; i++) {
        texts[i] = db_text(statement, i + 1, &len[i]);
        if (!texts[i] || strlen(texts[i]) != len[i] ||
            !utf8_valid(texts[i], len[i]))
            return -1;
    }
    family->id = db_integer(statement, 0);
    family->name = texts[0];
    family->help = texts[2];
    family->unit = texts[3];
    if (!metric_name_valid(texts[0], len[0]) || len[0] > FAMILY_NAME_MAX ||
        !metric_type_parse(texts[1], len[1], &family->type))
        return -1;
    if (metric_shape(family->type) != SHAPE_BUCKETS)
        return 0;
    const char *text = db_text(statement, 5, &len[0]);
    return read_bounds(text, len[0], family) ? 0 : -1;
}
