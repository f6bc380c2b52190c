/* tallyman prune: takes out what nobody pushes any more. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json_writer.h"
#include "cli/command/command.h"
#include "cli/command/live.h"
#include "cli/keep/origin.h"
#include "store/prune.h"

enum { DAYS_DEFAULT = 90, DAYS_MAX = 36500, DAY = 86400 };

struct prune {
    bool dry_run;
    bool json;
    long days;
    struct prune_list list;
    size_t families; /* what has gone, or would go */
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

/* What a run would do, if nothing is pushed meanwhile. */
static void pretend(struct prune *prune) {
    for (size_t i = 0; i < prune->list.count; i++) {
        struct prune_family *family = &prune->list.families[i];
        bool whole = family->count == family->all && !family->listed;
        family->deleted = family->count;
        prune->families += whole;
    }
    prune->pushers = prune->list.pushers;
}

/* Lets a push go first that waits for the lock. */
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

static int print(struct prune *prune, const struct command *command) {
    for (size_t i = 0; i < prune->list.count; i++)
        prune->series += prune->list.families[i].deleted;
    if (!prune->json)
        print_text(prune);
    else if (print_json(prune) != 0)
        return command_failed(command, "out of memory");
    return COMMAND_OK;
}

static int run_on(struct prune *prune, struct live *live,
                  const struct command *command) {
    struct err err = {.code = ERR_NONE};
    if (!prune->dry_run) {
        int status = live_open(live, command);
        if (status != COMMAND_OK)
            return status;
    }
    int result = read_list(prune, live, &err);
    if (result == 0 && prune->dry_run)
        pretend(prune);
    else if (result == 0)
        result = carry_out(prune, live->store, &err);
    return result == 0 ? print(prune, command)
                       : command_failed(command, "%s", err.message);
}

static int set_days(struct prune *prune, const struct command *command,
                    const char *text) {
    char *end;
    errno = 0;
    prune->days = strtol(text, &end, 10);
    if (errno == 0 && end > text && !*end && prune->days >= 1 &&
        prune->days <= DAYS_MAX)
        return -1;
    return command_misused(command,
                           "--idle is %s, must be a number of days from 1 to "
                           "%d",
                           text, DAYS_MAX);
}

static int set_option(struct prune *prune, const struct command *command,
                      int option, const char **config_path) {
    switch (option) {
    case 'n':
        prune->dry_run = true;
        return -1;
    case 'j':
        prune->json = true;
        return -1;
    case 'i':
        return set_days(prune, command, optarg);
    default:
        return command_option(command, option, config_path);
    }
}

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {
        {"dry-run", no_argument, NULL, 'n'},
        {"idle", required_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},
        COMMAND_OPTIONS,
        {NULL, 0, NULL, 0}};
    struct prune prune = {.days = DAYS_DEFAULT};
    const char *config_path = NULL;
    struct live live;
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS "n", options,
                                 NULL)) != -1) {
        int status = set_option(&prune, command, option, &config_path);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        return command_misused(command, "unexpected argument %s", argv[optind]);
    int status = live_configure(&live, command, config_path);
    if (status == COMMAND_OK)
        status = run_on(&prune, &live, command);
    live_close(&live);
    prune_list_free(&prune.list);
    return status;
}

const struct command command_prune = {
    "prune", "[--dry-run] [--idle DAYS] [--json]",
    "Remove what nobody pushes any more",
    "Removed are families that no file lists any more (those that pushes have\n"
    "added only when `open_families` is false); series with labels that their\n"
    "file no longer permits; series that were not pushed for DAYS, of "
    "families\n"
    "with open labels and of those that pushes have added; and running totals "
    "of\n"
    "processes that were not seen for DAYS. Their totals are lost: make a "
    "backup\n"
    "first. Responders may be running. The file does not shrink, its space is\n"
    "used again.\n\n"
    "  -n, --dry-run      only say what would be removed\n"
    "      --idle DAYS    90 unless given\n"
    "      --json         print JSON\n",
    run};
