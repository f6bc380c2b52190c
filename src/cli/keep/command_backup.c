/* tallyman backup: the totals as they are now, in a file of their own. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/command.h"
#include "cli/keep/duplicate.h"
#include "cli/keep/origin.h"
#include "cli/keep/progress.h"

/* The two names are one file. */
static bool same_file(const char *a, const char *b) {
    struct stat one;
    struct stat other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int copy(struct db *from, const char *path, bool force,
                struct err *err) {
    struct duplicate duplicate;
    struct progress progress;
    if (duplicate_begin(&duplicate, path, err) != 0)
        return -1;
    progress_begin(&progress);
    int result = db_copy(from, duplicate.db, progress_step, &progress, err);
    progress_end(&progress);
    if (result == 0)
        return duplicate_finish(&duplicate, force, true, err);
    duplicate_abandon(&duplicate);
    return -1;
}

static int backup(const struct command *command, const char *database,
                  const char *path, bool force) {
    struct origin origin;
    struct stat made;
    struct err err = {.code = ERR_NONE};
    if (same_file(path, database))
        return command_failed(command, "%s is the database itself", path);
    if (!force && access(path, F_OK) == 0)
        return command_failed(
            command, "%s is there already; --force overwrites it", path);
    if (origin_open(&origin, database, &err) != 0)
        return command_failed(command, "%s", err.message);
    int result = copy(origin.db, path, force, &err);
    origin_close(&origin);
    if (result != 0)
        return command_failed(command, "%s", err.message);
    if (stat(path, &made) == 0)
        (void)printf("%s: ok, %lld bytes\n", path, (long long)made.st_size);
    return COMMAND_OK;
}

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {
        {"force", no_argument, NULL, 'f'}, COMMAND_OPTIONS, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool force = false;
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS "f", options,
                                 NULL)) != -1) {
        int status = -1;
        if (option == 'f')
            force = true;
        else
            status = command_option(command, option, &path);
        if (status >= 0)
            return status;
    }
    if (argc - optind != 1)
        return command_misused(command, "must have one argument, the FILE that "
                                        "is to be written");
    struct config *config = command_config(command, path);
    if (!config)
        return COMMAND_FAILED;
    int status = backup(command, config->database, argv[optind], force);
    config_release(config);
    return status;
}

const struct command command_backup = {
    "backup", "FILE [--force]",
    "Write the totals to a file, while pushes go on",
    "The file is what the database is at one moment: nothing of a push that "
    "is\n"
    "under way. It is written as FILE.tmp, checked and put in its place; when\n"
    "that fails nothing is left. Only its owner can read it.\n\n"
    "  -f, --force        overwrite a file that is there\n",
    run};
