/* tallyman backup: the totals as they are now, in a file of their own. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/call.h"
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

static int backup(const struct call *call, const char *database) {
    const char *path = call->arguments[0];
    bool force = call_has(call, "force");
    struct origin origin;
    struct stat made;
    struct err err = {.code = ERR_NONE};
    if (same_file(path, database))
        return call_failed(call, "%s is the database itself", path);
    if (!force && access(path, F_OK) == 0)
        return call_failed(call, "%s is there already; --force overwrites it",
                           path);
    if (origin_open(&origin, database, &err) != 0)
        return call_failed(call, "%s", err.message);
    int result = copy(origin.db, path, force, &err);
    origin_close(&origin);
    if (result != 0)
        return call_failed(call, "%s", err.message);
    if (stat(path, &made) == 0)
        (void)printf("%s: ok, %lld bytes\n", path, (long long)made.st_size);
    return COMMAND_OK;
}

static int run(const struct call *call) {
    struct config *config = call_config(call, false);
    if (!config)
        return COMMAND_FAILED;
    int status = backup(call, config->database);
    config_release(config);
    return status;
}

const struct command command_backup = {
    .name = "backup",
    .arguments = "FILE [--force]",
    .summary = "Write the totals to a file, while pushes go on",
    .help = "The file is what the database is at one moment: nothing of a push "
            "that is under way. It is written as FILE.tmp, checked and put in "
            "its place; when that fails nothing is left. Only its owner can "
            "read it.",
    .options =
        (const struct command_option[]){
            {"force", 'f', NULL, "overwrite a file that is there"}, {0}},
    .least = 1,
    .most = 1,
    .needs = "must have one argument, the FILE that is to be written",
    .run = run};
