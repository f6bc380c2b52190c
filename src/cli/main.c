/* tallyman: the operator's command. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/version.h"
#include "cli/command/call.h"

#define COMMAND_ADDRESS(name) &command_##name,
const struct command *const commands[] = {COMMANDS(COMMAND_ADDRESS) NULL};

static void print_usage(FILE *out) {
    (void)fputs("Usage: tallyman COMMAND [OPTION...]\n\n"
                "Administers the totals of tallyman.fcgi.\n\n",
                out);
    for (const struct command *const *command = commands; *command; command++)
        (void)fprintf(out, "  %-11s %s\n", (*command)->name,
                      (*command)->summary);
    (void)fputs("\nSee tallyman COMMAND --help, and tallyman(1).\n", out);
}

/* NULL, after a message, for an unknown name. */
static const struct command *find_command(const char *name) {
    struct suggestions list = {.asked = name};
    char meant[100];
    for (const struct command *const *command = commands; *command; command++) {
        if (strcmp((*command)->name, name) == 0)
            return *command;
        suggest_name(&list, (*command)->name);
    }
    suggest_format(&list, "", meant, sizeof(meant));
    (void)fprintf(stderr,
                  "tallyman: unknown command %s%s\n"
                  "See tallyman --help.\n",
                  name, meant);
    return NULL;
}

static int help(const struct call *call) {
    if (call_has(call, "names"))
        for (const struct command *const *one = commands; *one; one++)
            (void)puts((*one)->name);
    else if (call->argument_count == 0)
        print_usage(stdout);
    else {
        const struct command *command = find_command(call->arguments[0]);
        if (!command)
            return COMMAND_USAGE;
        command_print_help(command, stdout);
    }
    return COMMAND_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND] [--names]",
    .summary = "Print the options of a command, or the list of commands",
    .options =
        (const struct command_option[]){
            {.name = "names", .help = "print the names of the commands only"},
            {.name = NULL}},
    .most = 1,
    .run = help};

static int run(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    bool version = strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0;
    bool usage = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
    if (version)
        (void)puts("tallyman " TALLYMAN_VERSION);
    if (usage || !*name)
        print_usage(usage ? stdout : stderr);
    if (version || usage || !*name)
        return *name ? COMMAND_OK : COMMAND_USAGE;
    const struct command *command = find_command(name);
    return command ? call_command(command, argc - 1, argv + 1) : COMMAND_USAGE;
}

/* As a CGI program it would get a query string without = as its command line
 * (RFC 3875, section 4.4). */
static bool is_cgi(void) {
    static const char *const names[] = {"GATEWAY_INTERFACE", "REQUEST_METHOD"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!getenv(names[i]))
            continue;
        (void)fprintf(
            stderr,
            "tallyman: %s is set: this command must not run as a CGI program; "
            "keep it out of the directories of the web server; a script that "
            "calls it must unset GATEWAY_INTERFACE and REQUEST_METHOD\n",
            names[i]);
        return true;
    }
    return false;
}

/* Truncated output, for example on a full disk, is a failure. */
int main(int argc, char **argv) {
    int status = is_cgi() ? COMMAND_USAGE : run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    (void)fputs("tallyman: writing to standard output failed: is it closed, or "
                "the disk full?\n",
                stderr);
    return COMMAND_FAILED;
}
