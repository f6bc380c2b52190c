/* tallyman query: runs the queries of sql/analysis. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/command/call.h"
#include "cli/command/database.h"
#include "cli/command/terminal.h"
#include "cli/look/sheet.h"
#include "sql.h"

static int list_names(void) {
    for (const struct sql_analysis *query = sql_analyses; query->name; query++)
        (void)puts(query->name);
    return COMMAND_OK;
}

/* Prints and frees the text of a sheet. */
static int print(const struct call *call, struct strbuf *out) {
    int status = COMMAND_OK;
    if (out->failed)
        status = call_failed(call, "out of memory");
    else
        (void)fwrite(out->data, 1, out->len, stdout);
    strbuf_free(out);
    return status;
}

static int list_queries(const struct call *call, enum sheet_format format) {
    struct strbuf out = {0};
    struct sheet sheet;
    if (format != SHEET_TABLE)
        return call_misused(call, "--%s needs the name of a query",
                            format == SHEET_JSON ? "json" : "csv");
    sheet_begin(&sheet, SHEET_TABLE, terminal_utf8(), &out);
    sheet_column(&sheet, NULL, "query");
    sheet_column(&sheet, NULL, "answers");
    for (const struct sql_analysis *query = sql_analyses; query->name;
         query++) {
        sheet_row(&sheet);
        sheet_string(&sheet, query->name);
        sheet_string(&sheet, query->title);
    }
    sheet_end(&sheet, "", NULL);
    return print(call, &out);
}

/* Returns NULL, after a message, for an unknown name. */
static const struct sql_analysis *find_query(const struct call *call,
                                             const char *name) {
    struct suggestions list = {.asked = name};
    char meant[400];
    for (const struct sql_analysis *query = sql_analyses; query->name;
         query++) {
        if (strcmp(query->name, name) == 0)
            return query;
        suggest_name(&list, query->name);
    }
    suggest_format(&list, "; tallyman query lists them", meant, sizeof(meant));
    (void)call_misused(call, "unknown query %s%s", name, meant);
    return NULL;
}

static int add_row(void *context, struct db_statement *row, struct err *err) {
    struct sheet *sheet = context;
    (void)err;
    sheet_row(sheet);
    for (int i = 0; i < db_columns(row); i++) {
        size_t len;
        const char *text = db_text(row, i, &len);
        if (db_is_number(row, i))
            sheet_number(sheet, db_real(row, i));
        else if (text)
            sheet_text(sheet, text, len);
        else
            sheet_null(sheet);
    }
    return 0;
}

static int answer(const struct call *call, const char *database,
                  const struct sql_analysis *query, enum sheet_format format) {
    struct strbuf out = {0};
    struct sheet sheet;
    struct db_statement *statement;
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    sheet_begin(&sheet, format, terminal_utf8(), &out);
    sheet.terminal = isatty(STDOUT_FILENO);
    int result = database_open(database, &db, &err);
    if (result == 0)
        result = db_prepare(db, query->text, &statement, &err);
    for (int i = 0; result == 0 && i < db_columns(statement); i++)
        sheet_column(&sheet, db_column_name(statement, i),
                     db_column_name(statement, i));
    if (result == 0)
        result = db_each(statement, add_row, &sheet, &err);
    sheet_end(&sheet, "", NULL);
    db_close(db);
    if (result == 0)
        return print(call, &out);
    strbuf_free(&out);
    return call_failed(call, "%s", err.message);
}

/* The last option wins. */
static enum sheet_format format_of(const struct call *call) {
    enum sheet_format format = SHEET_TABLE;
    for (size_t i = 0; i < call->option_count; i++) {
        const char *name = call->options[i].option->name;
        if (strcmp(name, "json") == 0)
            format = SHEET_JSON;
        if (strcmp(name, "csv") == 0)
            format = SHEET_CSV;
    }
    return format;
}

static int run(const struct call *call) {
    const enum sheet_format format = format_of(call);
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
    .summary = "Run a query over the totals",
    .help =
        "Without NAME, list the queries. Each is a file that also runs with "
        "sqlite3 -readonly.",
    .options =
        (const struct command_option[]){
            {"json", 'j', NULL, "print an array of objects"},
            {"csv", 0, NULL,
             "print comma-separated values below a line of names"},
            {"names", 0, NULL, "print only the names of the queries"},
            {0}},
    .most = 1,
    .run = run};
