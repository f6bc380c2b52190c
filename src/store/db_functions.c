#include "store/db_functions.h"

#include <sqlite3.h>
#include <string.h>

#include "metrics/histogram.h"

/* Reads an argument of buckets_add. Returns the number of counts, 0 when it is
 * malformed. */
static size_t read_counts(sqlite3_value *value,
                          uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]) {
    size_t count = 1;
    if (sqlite3_value_type(value) == SQLITE_BLOB) {
        const void *bytes = sqlite3_value_blob(value);
        count = (size_t)sqlite3_value_bytes(value) / sizeof(*counts);
        if (!bytes || count > HISTOGRAM_BOUNDS_MAX + 1)
            return 0;
        memcpy(counts, bytes, count * sizeof(*counts));
        return count;
    }
    const char *text = (const char *)sqlite3_value_text(value);
    for (size_t i = 0; text && text[i]; i++)
        count += text[i] == ',';
    return text && count <= HISTOGRAM_BOUNDS_MAX + 1 &&
                   histogram_read_json(text, strlen(text), counts, count) == 0
               ? count
               : 0;
}

static void buckets_add(sqlite3_context *context, int argument_count,
                        sqlite3_value **arguments) {
    uint64_t sums[HISTOGRAM_BOUNDS_MAX + 1];
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    struct strbuf text = {0};
    (void)argument_count;
    size_t buckets = read_counts(arguments[0], sums);
    if (buckets == 0 || read_counts(arguments[1], counts) != buckets) {
        sqlite3_result_error(context, "buckets do not match", -1);
        sqlite3_result_error_code(context, SQLITE_MISMATCH);
        return;
    }
    for (size_t i = 0; i < buckets; i++)
        sums[i] = histogram_count_add(sums[i], counts[i]);
    histogram_write_json(sums, buckets, &text);
    if (text.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, text.data, (int)text.len,
                            SQLITE_TRANSIENT);
    strbuf_free(&text);
}

int db_functions_add(sqlite3 *handle) {
    return sqlite3_create_function(handle, "buckets_add", 2,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                       SQLITE_DIRECTONLY,
                                   NULL, buckets_add, NULL, NULL) == SQLITE_OK
               ? 0
               : -1;
}
