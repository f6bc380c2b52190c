#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/allowlist.h"
#include "config/keys.h"

enum { TOKEN_FILE_MAX = 65536 };

static const char *const durabilities[] = {
    [DURABILITY_PROCESS] = "process", [DURABILITY_POWER] = "power", NULL};

#define FIELD(member) offsetof(struct config, member)
/* NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result): the
 * compiler says when a constant is too large. */
static const struct config_key limits_keys[] = {
    {"body_bytes", CONFIG_COUNT, FIELD(limits.body_bytes), 1024,
     64 * 1024 * 1024, NULL, NULL},
    {"trusted_body_bytes", CONFIG_COUNT, FIELD(limits.trusted_body_bytes), 1024,
     1024 * 1024 * 1024, NULL, NULL},
    {"samples_per_push", CONFIG_COUNT, FIELD(limits.samples_per_push), 1,
     1000000, NULL, NULL},
    {"observations_per_sample", CONFIG_COUNT,
     FIELD(limits.observations_per_sample), 1, 1000000, NULL, NULL},
    {"label_value_bytes", CONFIG_COUNT, FIELD(limits.label_value_bytes), 1,
     65536, NULL, NULL},
    {"families", CONFIG_COUNT, FIELD(limits.families), 1, 100000, NULL, NULL},
    {"series", CONFIG_COUNT, FIELD(limits.series), 1, 10000000, NULL, NULL},
    {"batch_id_hours", CONFIG_COUNT, FIELD(limits.batch_id_hours), 1, 24 * 365,
     NULL, NULL},
    {"wal_bytes", CONFIG_COUNT, FIELD(limits.wal_bytes), 1048576, 1099511627776,
     NULL, NULL},
    {NULL, CONFIG_BOOLEAN, 0, 0, 0, NULL, NULL},
};
/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */

static const struct config_key keys[] = {
    {"database", CONFIG_STRING, FIELD(database), 0, 0, NULL, NULL},
    {"durability", CONFIG_CHOICE, FIELD(durability), 0, 0, durabilities, NULL},
    {"metrics", CONFIG_STRING, FIELD(metrics), 0, 0, NULL, NULL},
    {"mount", CONFIG_STRING, FIELD(mount), 0, 0, NULL, NULL},
    {"origins", CONFIG_STRINGS, FIELD(origins), 0, 0, NULL, NULL},
    {"scrape_token_file", CONFIG_STRING, FIELD(scrape_token_file), 0, 0, NULL,
     NULL},
    {"push_token_file", CONFIG_STRING, FIELD(push_token_file), 0, 0, NULL,
     NULL},
    {"trust_loopback", CONFIG_BOOLEAN, FIELD(trust_loopback), 0, 0, NULL, NULL},
    {"open_families", CONFIG_BOOLEAN, FIELD(open_families), 0, 0, NULL, NULL},
    {"drop_families", CONFIG_STRINGS, FIELD(drop_families), 0, 0, NULL, NULL},
    {"respect_gpc", CONFIG_BOOLEAN, FIELD(respect_gpc), 0, 0, NULL, NULL},
    {"sessions", CONFIG_OBJECT, FIELD(sessions), 0, 0, NULL,
     sessions_config_keys},
    {"limits", CONFIG_OBJECT, 0, 0, 0, NULL, limits_keys},
    {NULL, CONFIG_BOOLEAN, 0, 0, 0, NULL, NULL},
};
#undef FIELD

static const char *default_drops[] = {"process_*", "go_*",      "python_*",
                                      "nodejs_*",  "*_created", NULL};

static const struct config defaults = {
    .durability = DURABILITY_PROCESS,
    .metrics = "metrics.d",
    .trust_loopback = true,
    .drop_families = {default_drops, 5},
    .respect_gpc = true,
    .limits = {.body_bytes = 65536,
               .trusted_body_bytes = 4194304,
               .samples_per_push = 1000,
               .observations_per_sample = 1000,
               .label_value_bytes = 128,
               .families = 1000,
               .series = 200000,
               .batch_id_hours = 1,
               .wal_bytes = 4294967296},
};

/* What one load works on. */
struct load {
    const char *path;
    struct config *config;
    struct watch *watch;
    struct diagnostics *diagnostics;
};

static void report_no_memory(struct load *load) {
    load->diagnostics->no_memory = true;
    diagnose_file(load->diagnostics, load->path, "out of memory");
}

static void watch_file(struct load *load, const char *path) {
    if (watch_add(load->watch, path) != 0)
        report_no_memory(load);
}

static const char *join_path(struct load *load, const char *path) {
    struct strbuf joined = {0};
    file_join(load->path, path, &joined);
    const char *copy = joined.failed ? NULL
                                     : arena_copy(&load->config->arena,
                                                  joined.data, joined.len);
    strbuf_free(&joined);
    if (copy)
        return copy;
    report_no_memory(load);
    return path;
}

static size_t trimmed_length(const char *text, size_t len) {
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    return len;
}

/* Reads a file that the key names. False after a report. */
static bool read_file(struct load *load, const struct source *source,
                      const char *key, const char *path, struct strbuf *text) {
    struct err err = {.code = ERR_NONE};
    watch_file(load, path);
    if (file_read(path, TOKEN_FILE_MAX, text, &err) == 0)
        return true;
    load->diagnostics->no_memory |= err.code == ERR_MEMORY;
    diagnose(load->diagnostics, source, key, "%s %s", path, err.message);
    return false;
}

/* The first line that is not empty. */
static void read_scrape_token(struct load *load, const struct source *source) {
    struct config *config = load->config;
    struct strbuf text = {0};
    config->scrape_token_file = join_path(load, config->scrape_token_file);
    config->scrape_token = "";
    if (read_file(load, source, "scrape_token_file", config->scrape_token_file,
                  &text)) {
        size_t at = strspn(text.data, " \t\r\n");
        size_t len =
            trimmed_length(text.data + at, strcspn(text.data + at, "\n"));
        if (len > 0)
            config->scrape_token =
                arena_copy(&config->arena, text.data + at, len);
        else
            diagnose(load->diagnostics, source, "scrape_token_file",
                     "%s has no token, must have one a line",
                     config->scrape_token_file);
    }
    strbuf_free(&text);
}

static void read_push_tokens(struct load *load, const struct source *source) {
    struct config *config = load->config;
    struct strbuf text = {0};
    struct push_token_list list = {NULL, 0};
    config->push_token_file = join_path(load, config->push_token_file);
    if (read_file(load, source, "push_token_file", config->push_token_file,
                  &text)) {
        size_t before = load->diagnostics->count;
        push_token_read(config->push_token_file, text.data, text.len,
                        &config->arena, &list, load->diagnostics);
        if (list.count == 0 && load->diagnostics->count == before)
            diagnose(load->diagnostics, source, "push_token_file",
                     "%s has no token, must have one a line",
                     config->push_token_file);
    }
    config->push_tokens = list.tokens;
    config->push_token_count = list.count;
    strbuf_free(&text);
}

static void read_hash_key(struct load *load, const struct source *source) {
    struct sessions_config *sessions = &load->config->sessions;
    struct strbuf text = {0};
    sessions->hash_key_file = join_path(load, sessions->hash_key_file);
    if (read_file(load, source, "sessions.hash_key_file",
                  sessions->hash_key_file, &text))
        sessions_config_set_key(sessions, text.data, text.len,
                                &load->config->arena, source,
                                load->diagnostics);
    strbuf_free(&text);
}

static void check_origins(struct load *load, const struct source *source) {
    for (size_t i = 0; i < load->config->origins.count; i++) {
        const char *origin = load->config->origins.strings[i];
        const char *host = strstr(origin, "://");
        char key[64];
        if (strcmp(origin, "*") == 0 ||
            (host && host > origin && host[3] && !strchr(host + 3, '/')))
            continue;
        (void)snprintf(key, sizeof(key), "origins[%zu]", i);
        diagnose(load->diagnostics, source, key,
                 "is \"%s\", must be \"*\" or scheme://host[:port] without a "
                 "path, such as \"https://www.example.org\"",
                 origin);
    }
}

static void check_mount(struct load *load, const struct source *source) {
    const char *mount = load->config->mount;
    if (mount && mount[0] != '/')
        diagnose(load->diagnostics, source, "mount",
                 "is \"%s\", must begin with a slash, such as \"/tallyman\"",
                 mount);
}

static void finish_settings(struct load *load, const struct source *source) {
    struct config *config = load->config;
    if (!json_get(source->document, "database"))
        diagnose(load->diagnostics, source, "database",
                 "missing, must be the path of the SQLite file");
    else if (config->database)
        config->database = join_path(load, config->database);
    config->metrics = join_path(load, config->metrics);
    check_origins(load, source);
    check_mount(load, source);
    if (config->scrape_token_file)
        read_scrape_token(load, source);
    if (config->push_token_file)
        read_push_tokens(load, source);
    sessions_config_check(&config->sessions, source, load->diagnostics);
    if (config->sessions.hash_key_file)
        read_hash_key(load, source);
}

/* False when it is not known where the allowlist files are. */
static bool load_settings(struct load *load) {
    struct source source;
    bool readable = false;
    watch_file(load, load->path);
    if (source_open(&source, load->path, load->diagnostics) == 0) {
        config_keys_read(&source, source.document, "", keys, load->config,
                         &load->config->arena, load->diagnostics);
        source_check_repeats(&source, load->diagnostics);
        readable = json_kind(source.document) == JSON_OBJECT;
        if (readable)
            finish_settings(load, &source);
    }
    source_close(&source);
    return readable;
}

static int is_allowlist_name(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 &&
           strcmp(entry->d_name + len - 5, ".json") == 0;
}

static size_t room(long long limit, size_t used) {
    return used < (size_t)limit ? (size_t)limit - used : 0;
}

/* What the limits leave to pushes beside the listed families, whose permitted
 * combinations are so many. */
static void set_room(struct config *config, unsigned long long combinations) {
    struct registry *registry = &config->registry;
    registry->pushers_max = (size_t)config->limits.series;
    registry->groups_max = (size_t)config->limits.series;
    if (!config->open_families)
        return;
    registry->open_families_max =
        room(config->limits.families, registry_count(registry));
    registry->open_series_max =
        room(config->limits.series, (size_t)combinations);
}

static void load_allowlists(struct load *load) {
    const struct config *config = load->config;
    struct dirent **names = NULL;
    watch_file(load, config->metrics);
    int count = scandir(config->metrics, &names, is_allowlist_name, alphasort);
    if (count < 0) {
        diagnose_file(load->diagnostics, config->metrics,
                      "metrics: cannot be opened: %s; must be a directory of "
                      "allowlist files",
                      strerror(errno));
        return;
    }
    struct allowlist allowlist = {.registry = &load->config->registry,
                                  .limits = &config->limits,
                                  .sessions = config->sessions.enabled};
    for (int i = 0; i < count; i++) {
        struct strbuf path = {0};
        strbuf_printf(&path, "%s/%s", config->metrics, names[i]->d_name);
        if (path.failed) {
            report_no_memory(load);
        } else {
            watch_file(load, path.data);
            allowlist_load(&allowlist, path.data, load->diagnostics);
        }
        strbuf_free(&path);
        free(names[i]);
    }
    free(names);
    set_room(load->config, allowlist.series);
}

struct config *config_load(const char *path, struct watch *watch,
                           struct diagnostics *diagnostics) {
    struct config *config = malloc(sizeof(*config));
    if (!config) {
        watch->incomplete = true;
        diagnose_file(diagnostics, path, "out of memory");
        return NULL;
    }
    *config = defaults;
    config->sessions = sessions_config_defaults;
    atomic_init(&config->holders, 1);
    struct load load = {path, config, watch, diagnostics};
    size_t before = diagnostics->count;
    if (load_settings(&load))
        load_allowlists(&load);
    /* What is missing then would be taken for not set: a token for none. */
    if (config->arena.failed || config->registry.arena.failed ||
        config->registry.failed)
        report_no_memory(&load);
    /* Then it is loaded again as soon as somebody looks at the watch. */
    watch->incomplete = diagnostics->no_memory;
    config->hash = diagnostics->hash >> 12;
    if (diagnostics->count == before)
        return config;
    config_release(config);
    return NULL;
}

bool config_name_reserved(const struct config *config, const char *name) {
    return metric_name_reserved(name) ||
           (config->sessions.enabled && metric_name_of_sessions(name));
}

struct config *config_hold(struct config *config) {
    (void)atomic_fetch_add(&config->holders, 1);
    return config;
}

void config_release(struct config *config) {
    if (!config || atomic_fetch_sub(&config->holders, 1) > 1)
        return;
    registry_free(&config->registry);
    arena_free(&config->arena);
    free(config);
}
