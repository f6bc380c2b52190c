#include "cli/keep/addition.h"

#include <stdio.h>

#include "store/commit.h"

static int commit(const struct addition *addition, struct live *live,
                  struct batch *batch, struct err *err) {
    const struct store_clock clock = {.now = live->now};
    const struct admission admission = {.config = live->config,
                                        .path = addition->path,
                                        .path_count = addition->path_count,
                                        .path_wins = true,
                                        .totals = true,
                                        .now = (double)live->now};
    if (admit(addition->pushed, &admission, batch, err) != 0)
        return -1;
    batch->origins = addition->origins;
    batch->origin_count = addition->origin_count;
    batch->pushers = addition->pushers;
    batch->pusher_count = addition->pusher_count;
    batch->history = addition->history;
    batch->totals = true;
    if (addition->group_count > 0) {
        batch->groups = addition->groups;
        batch->group_count = addition->group_count;
    }
    if (store_commit(live->store, &batch, 1, false, &clock, err) != 0)
        return -1;
    if (!batch->refused)
        return 0;
    *err = batch->why;
    return -1;
}

static void print(const struct addition *addition, const char *verb) {
    const struct pushed *pushed = addition->pushed;
    size_t series = 0;
    size_t families = 0;
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        series += pushed->families[i].count;
        families += pushed->families[i].count > 0;
    }
    (void)printf("%s: %s %zu series of %zu famil%s\n", addition->name, verb,
                 series, families, families == 1 ? "y" : "ies");
}

int addition_commit(const struct addition *addition, const char *verb,
                    struct live *live) {
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    int result = commit(addition, live, &batch, &err);
    batch_free(&batch);
    if (result == 0) {
        print(addition, verb);
        return COMMAND_OK;
    }
    return err.line > 0
               ? call_failed(live->call, "%s:%u:%u: %s; nothing was added",
                             addition->name, err.line, err.column, err.message)
               : call_failed(live->call, "%s: %s; nothing was added",
                             addition->name, err.message);
}
