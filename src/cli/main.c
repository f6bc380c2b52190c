/* tallyman: the operator's command. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/siphash.h"
#include "base/version.h"
#include "cli/command/command.h"
#include "cli/command/suggest.h"

/* One a line, for those who add one. */
/* clang-format off */
const struct command *const commands[] = {
    &command_check,
    &command_doctor,
    &command_totals,
    &command_query,
    &command_backup,
    &command_restore,
    &command_import,
    &command_merge,
    &command_prune,
    &command_monitoring,
    &command_completion,
    NULL,
};
/* clang-format on */

static void print_usage(FILE *out) {
    (void)fputs("Usage: tallyman COMMAND [OPTION...]\n\n"
                "Looks after the totals that tallyman.fcgi keeps.\n\n",
                out);
    for (const struct command *const *command = commands; *command; command++)
        (void)fprintf(out, "  %-11s %s\n", (*command)->name,
                      (*command)->summary);
    (void)fputs("\nSee tallyman COMMAND --help, and tallyman(1).\n", out);
}

static const struct command *find_command(const char *name) {
    for (const struct command *const *command = commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

static int misused(const char *name) {
    struct near_names near = {.count = 0};
    char meant[100];
    if (!*name) {
        print_usage(stderr);
        return COMMAND_USAGE;
    }
    for (const struct command *const *command = commands; *command; command++)
        near_offer(&near, name, (*command)->name);
    near_format(&near, meant, sizeof(meant));
    (void)fprintf(stderr,
                  "tallyman: there is no command %s%s\n"
                  "See tallyman --help.\n",
                  name, meant);
    return COMMAND_USAGE;
}

static int run(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    const struct command *command = find_command(name);
    if (command)
        return command->run(command, argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        (void)puts("tallyman " TALLYMAN_VERSION);
    else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        print_usage(stdout);
    else
        return misused(name);
    return COMMAND_OK;
}

/* A query string without = would be the command line (RFC 3875, section 4.4).
 */
static bool is_cgi(void) {
    static const char *const names[] = {"GATEWAY_INTERFACE", "REQUEST_METHOD"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!getenv(names[i]))
            continue;
        (void)fprintf(stderr,
                      "tallyman: %s is set, as for a CGI program, which this "
                      "command must not be: keep it out of what the web server "
                      "runs; a script that calls it must unset "
                      "GATEWAY_INTERFACE and REQUEST_METHOD\n",
                      names[i]);
        return true;
    }
    return false;
}

/* What is cut short, by a full disk for one, must not look whole. */
int main(int argc, char **argv) {
    int status = is_cgi() ? COMMAND_USAGE : run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    (void)fputs("tallyman: not all could be written to standard output: is it "
                "closed, or the disk full?\n",
                stderr);
    return COMMAND_FAILED;
}
