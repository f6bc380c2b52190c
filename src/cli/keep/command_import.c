/* tallyman import: a text exposition as starting totals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/command/command.h"
#include "cli/keep/addition.h"
#include "ingest/groups.h"
#include "ingest/text/text.h"
#include "sessions/user_hash.h"
#include "store/commit.h"
#include "store/turn.h"

/* In bytes. */
enum { TEXT_MAX = 256 << 20 };

/* What a gateway says of itself and of the groups that were pushed to it; what
 * an exporter or a responder says of itself. Listed families are taken. */
static const char *own_names[] = {
    "push_time_seconds", "push_failure_time_seconds",
    "pushgateway_*",     "go_*",
    "process_*",         "promhttp_*",
    "scrape_*",          "up",
};
static const struct string_list own = {own_names, sizeof(own_names) /
                                                      sizeof(own_names[0])};

struct import {
    const char *path;
    const char *job; /* NULL without one */
    enum text_format format;
    bool again;
    struct strbuf text;
    struct pushed pushed;
    struct batch_group *groups; /* that the gateway tells of */
    size_t group_count;
    struct strbuf left_out; /* names of families */
};

static bool wanted(const struct config *config,
                   const struct pushed_family *family) {
    const char *name = family->name;
    size_t len = family->name_len;
    if (registry_find(&config->registry, name, len))
        return true;
    return !metric_name_reserved(name) &&
           !pattern_list_match(&own, name, len) &&
           !pattern_list_match(&config->drop_families, name, len);
}

static void leave_out(struct import *import, const struct config *config) {
    for (size_t i = 0; i < pushed_count(&import->pushed); i++) {
        struct pushed_family *family = &import->pushed.families[i];
        if (family->count == 0 || wanted(config, family))
            continue;
        strbuf_printf(&import->left_out, "%s%s",
                      import->left_out.len > 0 ? ", " : "", family->name);
        family->count = 0;
    }
}

static int read_text(struct import *import, const struct command *command) {
    struct err err = {.code = ERR_NONE};
    const char *path = import->path;
    if (strcmp(path, "-") == 0)
        path = "/dev/stdin";
    if (file_read(path, TEXT_MAX, &import->text, &err) != 0)
        return command_failed(command, "%s %s", import->path, err.message);
    if (ingest_text(import->text.data, import->text.len, import->format,
                    &import->pushed, &err) == 0)
        return COMMAND_OK;
    return command_failed(command, "%s:%u:%u: %s; nothing was added",
                          import->path, err.line, err.column, err.message);
}

/* The key of the text in the table `origin`. */
static int name_origin(const struct import *import, struct strbuf *key) {
    static const char purpose[] = "tallyman import";
    char hash[USER_HASH_SIZE];
    user_hash(purpose, strlen(purpose), import->text.data, import->text.len,
              hash);
    strbuf_printf(key, "text:%s", hash);
    return key->failed ? -1 : 0;
}

static int check_repeat(const struct import *import, struct live *live,
                        const char *key, const struct command *command) {
    int64_t added_at;
    struct err err = {.code = ERR_NONE};
    if (store_lock(live->store, &err) != 0)
        return command_failed(command, "%s", err.message);
    int found = store_find_origin(live->store, key, &added_at, &err);
    if (found < 0)
        return command_failed(command, "%s", err.message);
    if (found == 0 || import->again)
        return COMMAND_OK;
    return command_failed(command,
                          "%s was imported before; --again adds it once more",
                          import->path);
}

static int add(struct import *import, struct live *live,
               const struct command *command) {
    struct strbuf key = {0};
    const struct label job = {"job", import->job ? import->job : "",
                              import->job ? strlen(import->job) : 0};
    if (name_origin(import, &key) != 0)
        return command_failed(command, "out of memory");
    const char *origin = key.data;
    const struct addition addition = {.name = import->path,
                                      .pushed = &import->pushed,
                                      .path = &job,
                                      .path_count = import->job != NULL,
                                      .origins = &origin,
                                      .origin_count = 1,
                                      .groups = import->groups,
                                      .group_count = import->group_count};
    int status = check_repeat(import, live, key.data, command);
    if (status == COMMAND_OK)
        status = addition_commit(&addition, live, command);
    if (status == COMMAND_OK)
        addition_print(&addition, "added");
    if (status == COMMAND_OK && import->left_out.len > 0)
        (void)printf("Left out: %s\n", import->left_out.data);
    strbuf_free(&key);
    return status;
}

static int import_into(struct import *import, struct live *live,
                       const struct command *command) {
    int status = read_text(import, command);
    if (status != COMMAND_OK)
        return status;
    /* With --job all of it is one group. */
    if (!import->job && pushed_groups_find(&import->pushed, &import->groups,
                                           &import->group_count) != 0)
        return command_failed(command, "out of memory");
    leave_out(import, live->config);
    if (import->left_out.failed)
        return command_failed(command, "out of memory");
    status = live_open(live, command);
    if (status == COMMAND_OK)
        status = live_load(live, command);
    return status == COMMAND_OK ? add(import, live, command) : status;
}

static int set_format(struct import *import, const struct command *command,
                      const char *name) {
    if (strcmp(name, "text") == 0)
        import->format = TEXT_PROMETHEUS;
    else if (strcmp(name, "openmetrics") == 0)
        import->format = TEXT_OPENMETRICS;
    else
        return command_misused(
            command, "--format is %s, must be text or openmetrics", name);
    return -1;
}

static int set_option(struct import *import, const struct command *command,
                      int option, const char **config_path) {
    switch (option) {
    case 'F':
        return set_format(import, command, optarg);
    case 'j':
        import->job = optarg;
        return *optarg
                   ? -1
                   : command_misused(command, "--job is empty, must be a name");
    case 'a':
        import->again = true;
        return -1;
    default:
        return command_option(command, option, config_path);
    }
}

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {
        {"format", required_argument, NULL, 'F'},
        {"job", required_argument, NULL, 'j'},
        {"again", no_argument, NULL, 'a'},
        COMMAND_OPTIONS,
        {NULL, 0, NULL, 0}};
    struct import import = {.format = TEXT_PROMETHEUS};
    const char *config_path = NULL;
    struct live live;
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS, options, NULL)) !=
           -1) {
        int status = set_option(&import, command, option, &config_path);
        if (status >= 0)
            return status;
    }
    if (argc - optind != 1)
        return command_misused(command, "must have one argument, a FILE or -");
    import.path = argv[optind];
    int status = live_configure(&live, command, config_path);
    if (status == COMMAND_OK)
        status = import_into(&import, &live, command);
    live_close(&live);
    strbuf_free(&import.text);
    strbuf_free(&import.left_out);
    pushed_free(&import.pushed);
    return status;
}

const struct command command_import = {
    "import", "FILE|- [--format FORMAT] [--job JOB] [--again]",
    "Add what another gateway exposes, as starting totals",
    "FILE is the answer of its /metrics. All of it is added or nothing: as a\n"
    "push, it must suit the allowlist, `open_families` and the limits. Left "
    "out\n"
    "are what the gateway says of itself (push_time_seconds, pushgateway_*,\n"
    "go_*...), quantiles, and families of `drop_families`, unless a file "
    "lists\n"
    "them. Samples with timestamps are refused. A file is added once.\n\n"
    "      --format FORMAT  text, the default, or openmetrics\n"
    "      --job JOB        label every series with job=\"JOB\"\n"
    "      --again          add a file that was added before\n",
    run};
