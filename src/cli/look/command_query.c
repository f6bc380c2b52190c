/* tallyman query: the questions of sql/analysis. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/call.h"
#include "cli/command/suggest.h"
#include "cli/command/terminal.h"
#include "cli/look/reading.h"
#include "cli/look/result.h"
#include "cli/look/table.h"
#include "sql.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

static int list_names(void) {
    for (const struct sql_analysis *query = sql_analyses; query->name; query++)
        (void)puts(query->name);
    return COMMAND_OK;
}

static int list_queries(const struct call *call, enum format format) {
    struct table table = {.utf8 = terminal_utf8()};
    if (format != FORMAT_TABLE)
        return call_misused(call, "--%s needs the name of a query",
                            format == FORMAT_JSON ? "json" : "csv");
    table_head(&table, "query");
    table_head(&table, "answers");
    for (const struct sql_analysis *query = sql_analyses; query->name;
         query++) {
        table_string(&table, query->name);
        table_string(&table, query->title);
    }
    int status = table.failed ? call_failed(call, "out of memory") : COMMAND_OK;
    table_print(&table, "", stdout);
    table_free(&table);
    return status;
}

/* NULL, after a message, when there is none of that name. */
static const struct sql_analysis *find_query(const struct call *call,
                                             const char *name) {
    struct near_names near = {.count = 0};
    char meant[400];
    for (const struct sql_analysis *query = sql_analyses; query->name;
         query++) {
        if (strcmp(query->name, name) == 0)
            return query;
        near_offer(&near, name, query->name);
    }
    near_format(&near, meant, sizeof(meant));
    (void)call_misused(call, "there is no query %s%s", name,
                       near.count > 0 ? meant : "; tallyman query lists them");
    return NULL;
}

static int print_answer(struct db_statement *statement, enum format format,
                        struct err *err) {
    switch (format) {
    case FORMAT_TABLE:
        break;
    case FORMAT_JSON:
        return result_print_json(statement, stdout, err);
    case FORMAT_CSV:
        return result_print_csv(statement, isatty(STDOUT_FILENO), stdout, err);
    }
    return result_print_table(statement, terminal_utf8(), stdout, err);
}

static int answer(const struct call *call, const char *database,
                  const struct sql_analysis *query, enum format format) {
    struct db_statement *statement;
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    int status = COMMAND_OK;
    if (reading_open(database, &db, &err) != 0 ||
        db_prepare(db, query->text, &statement, &err) != 0 ||
        print_answer(statement, format, &err) != 0)
        status = call_failed(call, "%s", err.message);
    db_close(db);
    return status;
}

/* Of several the last one is taken. */
static enum format format_of(const struct call *call) {
    enum format format = FORMAT_TABLE;
    for (size_t i = 0; i < call->option_count; i++) {
        const char *name = call->options[i].option->name;
        if (strcmp(name, "json") == 0)
            format = FORMAT_JSON;
        if (strcmp(name, "csv") == 0)
            format = FORMAT_CSV;
    }
    return format;
}

static int run(const struct call *call) {
    const enum format format = format_of(call);
    (void)setlocale(LC_CTYPE, "");
    if (call_has(call, "names"))
        return list_names();
    if (call->argument_count == 0)
        return list_queries(call, format);
    const struct sql_analysis *query = find_query(call, call->arguments[0]);
    if (!query)
        return COMMAND_USAGE;
    struct config *config = call_config(call, false);
    if (!config)
        return COMMAND_FAILED;
    int status = answer(call, config->database, query, format);
    config_release(config);
    return status;
}

const struct command command_query = {
    .name = "query",
    .arguments = "[NAME] [OPTION...]",
    .summary = "Ask a question of the totals",
    .help = "Without NAME the list of questions. Each is a file that sqlite3 "
            "-readonly takes as well.",
    .options =
        (const struct command_option[]){
            {"json", 'j', NULL, "print an array of objects"},
            {"csv", 0, NULL,
             "print comma-separated values with a line of heads"},
            {"names", 0, NULL, "print the names of the questions only"},
            {0}},
    .most = 1,
    .run = run};
