#include "cli/command/call.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guide.h"
#include "base/utf8.h"
#include "config/diagnostics.h"

/* --- the command line ----------------------------------------------------- */

enum { OPTIONS_MAX = 32 };

/* getopt_long returns this plus the index for an option without a letter. */
enum { AFTER_LETTERS = 256 };

/* A command's table in the form of getopt_long. */
struct grammar {
    struct option options[OPTIONS_MAX + 1];
    char letters[3 * OPTIONS_MAX + 1];
};

static void make_grammar(const struct command *command,
                         struct grammar *grammar) {
    const struct command_option *option;
    char *end = grammar->letters;
    for (int i = 0; (option = command_option(command, (size_t)i)); i++) {
        int values = !option->value          ? no_argument
                     : *option->value == '[' ? optional_argument
                                             : required_argument;
        assert(i < OPTIONS_MAX);
        grammar->options[i] = (struct option){
            option->name, values, NULL,
            option->letter ? option->letter : AFTER_LETTERS + i};
        if (option->letter)
            end += sprintf(end, "%c%.*s", option->letter, values, "::");
    }
}

/* The option that getopt_long has found, or NULL. */
static const struct command_option *option_of(const struct command *command,
                                              int found) {
    const struct command_option *option;
    for (int i = 0; (option = command_option(command, (size_t)i)); i++)
        if (found == (option->letter ? option->letter : AFTER_LETTERS + i))
            break;
    return option;
}

/* An optional value may also follow after a space, if it begins with a digit.
 */
static int add_option(struct call *call, const struct command_option *option,
                      int argc, char **argv) {
    struct call_option *bigger = realloc(
        call->options, (call->option_count + 1) * sizeof(*call->options));
    char *value = optarg;
    if (!bigger)
        return call_failed(call, "out of memory");
    if (!value && option->value && optind < argc && *argv[optind] >= '0' &&
        *argv[optind] <= '9')
        value = argv[optind++];
    call->options = bigger;
    bigger[call->option_count++] = (struct call_option){option, value};
    return -1;
}

/* Returns -1 to continue, or the exit code. */
static int read_options(struct call *call, int argc, char **argv) {
    struct grammar grammar = {.letters = ""};
    const struct command *command = call->command;
    int status = -1;
    int found;
    make_grammar(command, &grammar);
    while (status < 0 && (found = getopt_long(argc, argv, grammar.letters,
                                              grammar.options, NULL)) != -1) {
        const struct command_option *option = option_of(command, found);
        if (option && strcmp(option->name, "help") != 0) {
            status = add_option(call, option, argc, argv);
            continue;
        }
        command_print_help(command, option ? stdout : stderr);
        return option ? COMMAND_OK : COMMAND_USAGE;
    }
    call->arguments = argv + optind;
    call->argument_count = argc - optind;
    return status;
}

static int check_arguments(const struct call *call) {
    const struct command *command = call->command;
    int count = call->argument_count;
    if (count >= command->least && count <= command->most)
        return -1;
    return command->needs ? call_misused(call, "%s", command->needs)
                          : call_misused(call, "unexpected argument %s",
                                         call->arguments[command->most]);
}

int call_command(const struct command *command, int argc, char **argv) {
    struct call call = {.command = command};
    int status = read_options(&call, argc, argv);
    if (status < 0)
        status = check_arguments(&call);
    if (status < 0)
        status = command->run(&call);
    free(call.options);
    return status;
}

bool call_has(const struct call *call, const char *name) {
    for (size_t i = 0; i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, name) == 0)
            return true;
    return false;
}

char *call_value(const struct call *call, const char *name) {
    char *value = NULL;
    for (size_t i = 0; i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, name) == 0)
            value = call->options[i].value;
    return value;
}

/* --- messages ------------------------------------------------------------- */

/* Escaped: names in a message may come from a foreign file. */
static void print_error(const struct call *call, const char *format,
                        va_list args) {
    struct strbuf text = {0};
    char *message = NULL;
    int len = vasprintf(&message, format, args);
    if (len >= 0)
        utf8_escape(&text, message, (size_t)len, true);
    (void)fprintf(stderr, "tallyman %s: %s\n", call->command->name,
                  text.data && !text.failed ? text.data : "out of memory");
    if (len >= 0)
        free(message);
    strbuf_free(&text);
}

int call_misused(const struct call *call, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_error(call, format, args);
    va_end(args);
    (void)fprintf(stderr, "See tallyman %s --help.\n", call->command->name);
    return COMMAND_USAGE;
}

int call_failed(const struct call *call, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_error(call, format, args);
    va_end(args);
    return COMMAND_FAILED;
}

/* --- the configuration ---------------------------------------------------- */

const char *call_config_path(const struct call *call) {
    static const char here[] = "tallyman.json";
    const char *path = call_value(call, "config");
    if (!path)
        path = getenv("TALLYMAN_CONFIG");
    if (path && *path)
        return path;
    return access(here, F_OK) == 0 ? here : command_system_config;
}

void call_report(const struct call *call, const char *what, const char *guide,
                 const struct diagnostics *diagnostics, bool warn) {
    if (diagnostics->count > 0)
        (void)fprintf(stderr,
                      "tallyman %s: %s is bad" SEE "%s"
                      "\n%s",
                      call->command->name, what, guide,
                      strbuf_text(&diagnostics->text));
    if (diagnostics->denied && geteuid() != 0)
        (void)fprintf(stderr,
                      "tallyman %s: run it with sudo, or as the user of the "
                      "responders\n",
                      call->command->name);
    const char *line = warn ? diagnostics->warnings.data : NULL;
    while (line && *line) {
        int len = (int)strcspn(line, "\n");
        (void)fprintf(stderr, "tallyman %s: warning: %.*s\n",
                      call->command->name, len, line);
        line += len + (line[len] == '\n');
    }
}

/* By the file of the first error: the configuration or an allowlist file. */
static const char *guide_of(const struct diagnostics *diagnostics,
                            const char *path) {
    const char *text = diagnostics->text.data;
    const size_t len = strlen(path);
    return text && (strncmp(text, path, len) != 0 || text[len] != ':')
               ? GUIDE_ALLOWLIST
               : GUIDE_CONFIG;
}

struct config *call_config(const struct call *call, bool warn) {
    struct diagnostics diagnostics = {0};
    struct watch watch = {0};
    const char *path = call_config_path(call);
    struct config *config = config_load(path, &watch, &diagnostics);
    call_report(call, "the configuration", guide_of(&diagnostics, path),
                &diagnostics, warn);
    diagnostics_free(&diagnostics);
    watch_free(&watch);
    return config;
}
