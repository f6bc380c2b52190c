#include "cli/command/live.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sessions/families.h"

int live_configure(struct live *live, const struct call *call) {
    *live = (struct live){.call = call, .now = (int64_t)time(NULL)};
    live->config = call_config(call, false);
    if (!live->config)
        return COMMAND_FAILED;
    return session_families_register(live->config) == 0
               ? COMMAND_OK
               : call_failed(live->call, "out of memory");
}

/* The owner of the database, or of the directory that it is to be in. */
static int find_owner(const char *path, struct stat *owner) {
    struct strbuf directory = {0};
    if (stat(path, owner) == 0)
        return 0;
    const char *slash = strrchr(path, '/');
    strbuf_add(&directory, slash ? path : "./",
               slash ? (size_t)(slash - path) + 1 : 2);
    int result = directory.failed ? -1 : stat(directory.data, owner);
    strbuf_free(&directory);
    return result;
}

static int become_owner(const char *path, struct err *err) {
    struct stat owner;
    if (geteuid() != 0 || find_owner(path, &owner) != 0 || owner.st_uid == 0)
        return 0; /* opening the file says what is wrong */
    if (setgroups(0, NULL) == 0 && setgid(owner.st_gid) == 0 &&
        setuid(owner.st_uid) == 0)
        return 0;
    return err_set(err, ERR_IO, "cannot become the owner of %s: %s", path,
                   strerror(errno));
}

/* Ends a wait for the side lock, see side_lock_take. */
static void interrupt_wait(int signal) {
    (void)signal;
}

int live_open(struct live *live) {
    const struct sigaction alarm = {.sa_handler = interrupt_wait};
    const struct config *config = live->config;
    struct err err = {.code = ERR_NONE};
    (void)sigaction(SIGALRM, &alarm, NULL);
    if (become_owner(config->database, &err) == 0 &&
        store_open(config->database, config->durability == DURABILITY_POWER,
                   &live->store, &err) == 0)
        return COMMAND_OK;
    return call_failed(live->call, "%s", err.message);
}

int live_load(struct live *live) {
    struct strbuf notes = {0};
    struct err err = {.code = ERR_NONE};
    int result = store_load(live->store, &live->config->registry, live->now,
                            &notes, &err);
    if (result == 0 && notes.len > 0)
        (void)fprintf(stderr, "%s", notes.data);
    strbuf_free(&notes);
    return result == 0 ? COMMAND_OK
                       : call_failed(live->call, "%s", err.message);
}

void live_close(struct live *live) {
    store_close(live->store);
    config_release(live->config);
    *live = (struct live){.config = NULL};
}
