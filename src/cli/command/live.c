#include "cli/command/live.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sessions/families.h"

/* The owner of the database, or of its directory if it does not exist. */
static int find_owner(const char *path, struct stat *owner) {
    if (stat(path, owner) == 0)
        return 0;
    char *copy = strdup(path);
    int result = copy ? stat(dirname(copy), owner) : -1;
    free(copy);
    return result;
}

static int become_owner(const char *path, struct err *err) {
    struct stat owner;
    if (geteuid() != 0 || find_owner(path, &owner) != 0 || owner.st_uid == 0)
        return 0; /* opening the file reports the error */
    if (setgroups(0, NULL) == 0 && setgid(owner.st_gid) == 0 &&
        setuid(owner.st_uid) == 0)
        return 0;
    return err_set(err, ERR_IO, "cannot become the owner of %s: %s", path,
                   strerror(errno));
}

int live_become_owner(struct live *live) {
    return become_owner(live->config->database, &live->err);
}

int live_open(struct live *live) {
    const struct config *config = live->config;
    if (live_become_owner(live) != 0)
        return -1;
    return store_open(config->database, config->durability == DURABILITY_POWER,
                      &live->store, &live->err);
}

int live_load(struct live *live) {
    struct strbuf notes = {0};
    store_keep_history(live->store, &live->config->history);
    int result = store_load(live->store, &live->config->registry, live->now,
                            &notes, &live->err);
    if (result == 0 && notes.len > 0)
        (void)fprintf(stderr, "%s", notes.data);
    strbuf_free(&notes);
    return result;
}

int live_end(const struct live *live, int step) {
    return step < 0 ? call_failed(live->call, "%s", live->err.message) : step;
}

int live_run(const struct call *call, live_step *step, void *context) {
    struct live live = {.call = call,
                        .config = call_config(call, false),
                        .now = (int64_t)time(NULL)};
    if (!live.config)
        return COMMAND_FAILED;
    int status = session_families_register(live.config) == 0
                     ? live_end(&live, step(&live, context))
                     : call_failed(call, "out of memory");
    store_close(live.store);
    config_release(live.config);
    return status;
}
