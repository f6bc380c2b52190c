/* tallyman prune: removes series that are no longer pushed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json_writer.h"
#include "cli/command/database.h"
#include "cli/command/live.h"
#include "store/prune.h"

enum { DAYS_DEFAULT = 90, DAYS_MAX = 36500, DAY = 86400 };

struct prune {
    bool dry_run;
    bool json;
    long days;
    struct prune_list list;
    size_t families; /* removed, or to be removed */
    size_t series;
    size_t pushers;
};

static int read_list(struct prune *prune, const struct live *live,
                     struct err *err) {
    struct origin origin;
    prune->list.horizon = live->now - prune->days * DAY;
    if (origin_open(&origin, live->config->database, err) != 0)
        return -1;
    int result = prune_list_read(&prune->list, origin.db, live->config, err);
    origin_close(&origin);
    return result;
}

static const char *const reasons[] = {[PRUNE_UNLISTED] = "unlisted",
                                      [PRUNE_UNPERMITTED] = "unpermitted",
                                      [PRUNE_IDLE] = "idle"};

/* The series that a run would remove, without pushes in between. */
static void pretend(struct prune *prune) {
    for (size_t i = 0; i < prune->list.count; i++) {
        struct prune_family *family = &prune->list.families[i];
        bool whole = family->count == family->all && !family->listed;
        family->deleted = family->count;
        prune->families += whole;
    }
    prune->pushers = (size_t)prune->list.pushers;
}

/* Lets a push that waits for the lock go first. */
static void pause_briefly(void) {
    const struct timespec pause = {.tv_nsec = 2000000};
    (void)nanosleep(&pause, NULL);
}

static int carry_out(struct prune *prune, struct store *store,
                     struct err *err) {
    struct prune_list *list = &prune->list;
    int result;
    for (size_t i = 0; i < list->count; i++) {
        while ((result = store_prune_series(store, list, &list->families[i],
                                            err)) == 1)
            pause_briefly();
        if (result != 0)
            return -1;
    }
    while ((result = store_prune_pushers(store, list, &prune->pushers, err)) ==
           1)
        pause_briefly();
    if (result == 0)
        while ((result = store_prune_groups(store, list, err)) == 1)
            pause_briefly();
    return result != 0
               ? -1
               : store_prune_families(store, list, &prune->families, err);
}

static void print_family(const struct prune_family *family, long days) {
    (void)printf("%s: %zu ", family->name, family->deleted);
    switch (family->reason) {
    case PRUNE_UNLISTED:
        (void)puts("series, no file lists it");
        break;
    case PRUNE_UNPERMITTED:
        (void)printf("of %zu series, with labels that its file no longer "
                     "permits\n",
                     family->all);
        break;
    case PRUNE_IDLE:
        (void)printf("of %zu series, idle for %ld days\n", family->all, days);
        break;
    }
}

static void print_text(const struct prune *prune) {
    for (size_t i = 0; i < prune->list.count; i++)
        print_family(&prune->list.families[i], prune->days);
    (void)printf("%s: %zu series, %zu famil%s, %zu running total%s of a "
                 "process\n",
                 prune->dry_run ? "Would be removed" : "Removed", prune->series,
                 prune->families, prune->families == 1 ? "y" : "ies",
                 prune->pushers, prune->pushers == 1 ? "" : "s");
}

static int print_json(const struct prune *prune) {
    struct strbuf text = {0};
    struct json_writer json = {.out = &text};
    json_writer_open(&json, NULL, '{');
    json_writer_boolean(&json, "dry_run", prune->dry_run);
    json_writer_number(&json, "idle_days", (double)prune->days);
    json_writer_open(&json, "families", '[');
    for (size_t i = 0; i < prune->list.count; i++) {
        const struct prune_family *family = &prune->list.families[i];
        json_writer_open(&json, NULL, '{');
        json_writer_string(&json, "name", family->name);
        json_writer_string(&json, "reason", reasons[family->reason]);
        json_writer_number(&json, "series", (double)family->all);
        json_writer_number(&json, "removed", (double)family->deleted);
        json_writer_close(&json, '}');
    }
    json_writer_close(&json, ']');
    json_writer_number(&json, "removed_series", (double)prune->series);
    json_writer_number(&json, "removed_families", (double)prune->families);
    json_writer_number(&json, "removed_running_totals", (double)prune->pushers);
    json_writer_close(&json, '}');
    if (!text.failed)
        (void)fputs(text.data, stdout);
    int result = text.failed ? -1 : 0;
    strbuf_free(&text);
    return result;
}

static int print(struct prune *prune, struct err *err) {
    for (size_t i = 0; i < prune->list.count; i++)
        prune->series += prune->list.families[i].deleted;
    if (!prune->json)
        print_text(prune);
    else if (print_json(prune) != 0)
        return err_no_memory(err);
    return COMMAND_OK;
}

static int run_on(struct live *live, void *context) {
    struct prune *prune = context;
    if ((!prune->dry_run && live_open(live) != 0) ||
        read_list(prune, live, &live->err) != 0)
        return -1;
    if (prune->dry_run)
        pretend(prune);
    else if (carry_out(prune, live->store, &live->err) != 0)
        return -1;
    return print(prune, &live->err);
}

static int set_options(struct prune *prune, const struct call *call) {
    const char *text = call_value(call, "idle");
    char *end;
    *prune = (struct prune){.dry_run = call_has(call, "dry-run"),
                            .json = call_has(call, "json"),
                            .days = DAYS_DEFAULT};
    if (!text)
        return COMMAND_OK;
    errno = 0;
    prune->days = strtol(text, &end, 10);
    if (errno == 0 && end > text && !*end && prune->days >= 1 &&
        prune->days <= DAYS_MAX)
        return COMMAND_OK;
    return call_misused(call,
                        "--idle is %s, must be a number of days from 1 to %d",
                        text, DAYS_MAX);
}

static int run(const struct call *call) {
    struct prune prune;
    int status = set_options(&prune, call);
    if (status == COMMAND_OK)
        status = live_run(call, run_on, &prune);
    prune_list_free(&prune.list);
    return status;
}

const struct command command_prune = {
    .name = "prune",
    .arguments = "[--dry-run] [--idle DAYS] [--json]",
    .summary = "Remove series that are no longer pushed",
    .help = "It removes families that no file lists any more (families added "
            "by pushes only if `open_families` is false); series with labels "
            "that their file no longer permits; series of open labels and of "
            "families added by pushes, if not pushed for DAYS; and running "
            "totals of processes that were silent for DAYS. Their totals are "
            "lost: make a backup first. Responders may be running. The file "
            "keeps its size; its space is reused.",
    .options =
        (const struct command_option[]){
            {"dry-run", 'n', NULL, "only print what would be removed"},
            {"idle", 0, "DAYS", "days without a push; 90 by default"},
            {"json", 0, NULL, "print JSON"},
            {0}},
    .run = run};
