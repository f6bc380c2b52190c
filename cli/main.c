/* tallyman: the operator's command. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "version.h"

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

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    const struct command *command = find_command(name);
    if (command)
        return command->run(command, argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return puts("tallyman " TALLYMAN_VERSION) < 0;
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_usage(stdout);
        return COMMAND_OK;
    }
    if (*name)
        (void)fprintf(stderr, "tallyman: there is no command %s\n\n", name);
    print_usage(stderr);
    return COMMAND_USAGE;
}
