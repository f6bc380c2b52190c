#include "cli/command/check_queries.h"

#include <stdio.h>
#include <string.h>

#include "base/guide.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/command/clock.h"
#include "cli/command/command.h"
#include "cli/command/terminal.h"
#include "metrics/label.h"
#include "store/db_outside.h"

/* As in a scrape, escaped for a terminal. */
static void print_row(const struct sql_query *query,
                      const struct sql_row *row) {
    char value[NUMBER_SIZE];
    struct strbuf labels = {0};
    struct strbuf shown = {0};
    (void)number_format(row->value, value);
    (void)label_json_write_exposition(row->labels, row->labels_len, &labels);
    if (labels.len > 0)
        utf8_escape(&shown, labels.data, labels.len, terminal_utf8());
    (void)printf("%s%s%s%s %s\n", query->family->name, shown.len > 0 ? "{" : "",
                 shown.len > 0 ? shown.data : "", shown.len > 0 ? "}" : "",
                 value);
    strbuf_free(&labels);
    strbuf_free(&shown);
}

static int check_query(const struct config *config,
                       const struct sql_query *query) {
    struct sql_rows rows;
    struct err err = {.code = ERR_NONE};
    const double start = clock_seconds();
    int result = db_outside_run(query, config->database,
                                config->limits.label_value_bytes, clock_seconds,
                                &rows, &err);
    if (result == 0)
        (void)printf("query %s: %zu row%s in %.3f s\n", query->family->name,
                     rows.count, rows.count == 1 ? "" : "s",
                     clock_seconds() - start);
    else
        (void)fprintf(stderr, "%s: %s\n", query->place, err.message);
    for (size_t i = 0; i < rows.count; i++)
        print_row(query, &rows.rows[i]);
    arena_free(&rows.arena);
    return result;
}

int check_queries(const struct config *config) {
    const struct sql_query_list *list = &config->sql_queries;
    size_t failed = 0;
    for (size_t i = 0; i < list->count; i++)
        failed += check_query(config, &list->queries[i]) != 0;
    if (failed == 0)
        return COMMAND_OK;
    (void)fprintf(stderr,
                  "tallyman check: %zu of %zu queries failed" SEE GUIDE_QUERIES
                  "\n",
                  failed, list->count);
    return COMMAND_FAILED;
}
