/* tallyman import: a text exposition as starting totals. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/keep/addition.h"
#include "ingest/groups.h"
#include "ingest/text/text.h"
#include "sessions/user_hash.h"
#include "store/commit.h"
#include "store/turn.h"

/* In bytes. */
enum { TEXT_MAX = 256 << 20 };

/* A gateway's own metrics and those about its groups, and the own metrics of
 * exporters and responders. Imported only if a file lists them. */
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
    struct batch_group *groups; /* of the gateway */
    size_t group_count;
    struct strbuf left_out; /* names of families */
};

static bool wanted(const struct config *config,
                   const struct pushed_family *family) {
    const char *name = family->name;
    size_t len = family->name_len;
    const struct family *listed = registry_find(&config->registry, name, len);
    if (listed)
        return !listed->queried;
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

static int read_text(struct import *import, const struct call *call) {
    struct err err = {.code = ERR_NONE};
    const char *path = import->path;
    if (strcmp(path, "-") == 0)
        path = "/dev/stdin";
    if (file_read(path, TEXT_MAX, &import->text, &err) != 0)
        return call_failed(call, "%s %s", import->path, err.message);
    if (ingest_text(import->text.data, import->text.len, import->format,
                    &import->pushed, &err) == 0)
        return COMMAND_OK;
    return call_failed(call, "%s:%u:%u: %s; nothing was added", import->path,
                       err.line, err.column, err.message);
}

static int check_repeat(const struct import *import, struct live *live,
                        const char *key) {
    int64_t added_at;
    if (store_lock(live->store, &live->err) != 0)
        return -1;
    int found = store_find_origin(live->store, key, &added_at, &live->err);
    if (found <= 0 || import->again)
        return found < 0 ? -1 : COMMAND_OK;
    return call_failed(live->call,
                       "%s was imported before; --again imports it again",
                       import->path);
}

static int add(struct import *import, struct live *live) {
    static const char purpose[] = "tallyman import";
    char hash[USER_HASH_SIZE];
    char key[USER_HASH_SIZE + sizeof("text:")];
    const struct label job = {"job", import->job ? import->job : "",
                              import->job ? strlen(import->job) : 0};
    const char *origin = key; /* in the table of that name */
    user_hash(purpose, strlen(purpose), import->text.data, import->text.len,
              hash);
    (void)snprintf(key, sizeof(key), "text:%s", hash);
    const struct addition addition = {.name = import->path,
                                      .pushed = &import->pushed,
                                      .path = &job,
                                      .path_count = import->job != NULL,
                                      .origins = &origin,
                                      .origin_count = 1,
                                      .groups = import->groups,
                                      .group_count = import->group_count};
    int status = check_repeat(import, live, key);
    if (status == COMMAND_OK)
        status = addition_commit(&addition, "added", live);
    if (status == COMMAND_OK && import->left_out.len > 0)
        (void)printf("Left out: %s\n", import->left_out.data);
    return status;
}

static int import_into(struct live *live, void *context) {
    struct import *import = context;
    int status = read_text(import, live->call);
    if (status != COMMAND_OK)
        return status;
    /* With --job all series are one group. */
    if (!import->job && pushed_groups_find(&import->pushed, &import->groups,
                                           &import->group_count) != 0)
        return err_no_memory(&live->err);
    leave_out(import, live->config);
    if (import->left_out.failed)
        return err_no_memory(&live->err);
    return live_open(live) == 0 && live_load(live) == 0 ? add(import, live)
                                                        : -1;
}

static int set_options(struct import *import, const struct call *call) {
    const char *format = call_value(call, "format");
    import->job = call_value(call, "job");
    import->again = call_has(call, "again");
    if (format && strcmp(format, "openmetrics") == 0)
        import->format = TEXT_OPENMETRICS;
    else if (format && strcmp(format, "text") != 0)
        return call_misused(call, "--format is %s, must be text or openmetrics",
                            format);
    return import->job && !*import->job
               ? call_misused(call, "--job is empty, must be a name")
               : COMMAND_OK;
}

static int run(const struct call *call) {
    struct import import = {.path = call->arguments[0],
                            .format = TEXT_PROMETHEUS};
    int status = set_options(&import, call);
    if (status == COMMAND_OK)
        status = live_run(call, import_into, &import);
    strbuf_free(&import.text);
    strbuf_free(&import.left_out);
    pushed_free(&import.pushed);
    return status;
}

const struct command command_import = {
    .name = "import",
    .arguments = "FILE|- [--format FORMAT] [--job JOB] [--again]",
    .summary = "Add the totals of another gateway",
    .help = "FILE is the text of its /metrics. All of it is added or nothing: "
            "like a push, it must fit the allowlist, `open_families` and the "
            "limits. The gateway's own metrics (push_time_seconds, "
            "pushgateway_*, go_*...), quantiles, and families of "
            "`drop_families` are left out, unless a file lists them. Samples "
            "with timestamps are refused. The same content is added once.",
    .options =
        (const struct command_option[]){
            {"format", 0, "FORMAT", "text, the default, or openmetrics"},
            {"job", 0, "JOB", "label every series with job=\"JOB\""},
            {"again", 0, NULL, "add the same content again"},
            {0}},
    .least = 1,
    .most = 1,
    .needs = "must have one argument, a FILE or -",
    .run = run};
