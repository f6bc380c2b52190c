/* tallyman query: the questions of sql/analysis. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/command.h"
#include "cli/command/escape.h"
#include "cli/command/suggest.h"
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

static int list_queries(const struct command *command, enum format format) {
    struct table table = {.utf8 = visible_utf8()};
    if (format != FORMAT_TABLE)
        return command_misused(command, "--%s needs the name of a query",
                               format == FORMAT_JSON ? "json" : "csv");
    table_head(&table, "query");
    table_head(&table, "answers");
    for (const struct sql_analysis *query = sql_analyses; query->name;
         query++) {
        table_string(&table, query->name);
        table_string(&table, query->title);
    }
    int status =
        table.failed ? command_failed(command, "out of memory") : COMMAND_OK;
    table_print(&table, "", stdout);
    table_free(&table);
    return status;
}

/* NULL, after a message, when there is none of that name. */
static const struct sql_analysis *find_query(const struct command *command,
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
    (void)command_misused(command, "there is no query %s%s", name,
                          near.count > 0 ? meant
                                         : "; tallyman query lists them");
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
    return result_print_table(statement, visible_utf8(), stdout, err);
}

static int answer(const struct command *command, const char *database,
                  const struct sql_analysis *query, enum format format) {
    struct db_statement *statement;
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    int status = COMMAND_OK;
    if (reading_open(database, &db, &err) != 0 ||
        db_prepare(db, query->text, &statement, &err) != 0 ||
        print_answer(statement, format, &err) != 0)
        status = command_failed(command, "%s", err.message);
    db_close(db);
    return status;
}

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {COMMAND_OPTIONS,
                                            {"json", no_argument, NULL, 'j'},
                                            {"csv", no_argument, NULL, 's'},
                                            {"names", no_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    enum format format = FORMAT_TABLE;
    int option;
    (void)setlocale(LC_CTYPE, "");
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS "j", options,
                                 NULL)) != -1) {
        if (option == 'n')
            return list_names();
        if (option == 'j' || option == 's') {
            format = option == 'j' ? FORMAT_JSON : FORMAT_CSV;
            continue;
        }
        int status = command_option(command, option, &path);
        if (status >= 0)
            return status;
    }
    if (optind + 1 < argc)
        return command_misused(command, "unexpected argument %s",
                               argv[optind + 1]);
    if (optind == argc)
        return list_queries(command, format);
    const struct sql_analysis *query = find_query(command, argv[optind]);
    if (!query)
        return COMMAND_USAGE;
    struct config *config = command_config(command, path);
    if (!config)
        return COMMAND_FAILED;
    int status = answer(command, config->database, query, format);
    config_release(config);
    return status;
}

const struct command command_query = {
    "query", "[NAME] [OPTION...]", "Ask a question of the totals",
    "Without NAME the list of questions. Each is a file that sqlite3 "
    "-readonly\n"
    "takes as well.\n\n"
    "  -j, --json         print an array of objects\n"
    "      --csv          print comma-separated values with a line of heads\n"
    "      --names        print the names of the questions only\n",
    run};
