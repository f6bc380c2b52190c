/* tallyman backup: copies the database as it is now. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/call.h"
#include "cli/command/database.h"
#include "cli/keep/duplicate.h"

static int backup(const struct call *call, const char *database) {
    const char *path = call->arguments[0];
    bool force = call_has(call, "force");
    struct origin origin;
    struct stat made;
    struct err err = {.code = ERR_NONE};
    if (duplicate_is_of(path, database))
        return call_failed(call, "%s is the database itself", path);
    if (!force && access(path, F_OK) == 0)
        return call_failed(call, "%s already exists; --force overwrites it",
                           path);
    if (origin_open(&origin, database, &err) != 0)
        return call_failed(call, "%s", err.message);
    int result = duplicate_copy(origin.db, path, force, true, &err);
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
    .summary = "Copy the database to a file while responders run",
    .help =
        "The file is the state of the database at one moment, without "
        "unfinished pushes. It is written as FILE.tmp, checked and renamed; "
        "after a failure no file is left. Only its owner can read it.",
    .options =
        (const struct command_option[]){
            {"force", 'f', NULL, "overwrite an existing file"}, {0}},
    .least = 1,
    .most = 1,
    .needs = "must have one argument, the FILE to write",
    .run = run};
