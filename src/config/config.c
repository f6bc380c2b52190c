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

/* The offset of a key's field. Fails to compile if the type differs. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot have them. */
#define FIELD(type, member)                                                    \
    _Generic(((struct config *)0)->member, type                                \
             : offsetof(struct config, member))
/* NOLINTEND(bugprone-macro-parentheses) */
#define BOOLEAN_FIELD(member) FIELD(bool, member)
#define COUNT_FIELD(member) FIELD(long long, member)
#define STRING_FIELD(member) FIELD(const char *, member)
#define PATH_FIELD(member) FIELD(const char *, member)
#define STRINGS_FIELD(member) FIELD(struct string_list, member)
#define RULES_FIELD(member) FIELD(struct routes, member)
#define CHOICE_FIELD(member) FIELD(int, member)
#define SWITCH_FIELD(member) FIELD(int, member)

const struct config_key config_keys[] = {
#include "config_keys.inc"
    {.name = NULL}};

/* The state of one load. */
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

static size_t trimmed_length(const char *text, size_t len) {
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    return len;
}

/* Reads the file that `key` names. Returns false after reporting an error. */
static bool read_file(struct load *load, const struct source *source,
                      const char *key, const char *path, struct strbuf *text) {
    struct err err = {.code = ERR_NONE};
    watch_file(load, path);
    if (file_read_ended(path, TOKEN_FILE_MAX, text, &err) == 0)
        return true;
    load->diagnostics->denied |= err.code == ERR_DENIED;
    if (err.code == ERR_MEMORY)
        report_no_memory(load);
    else
        diagnose(load->diagnostics, source, key, "%s %s", path, err.message);
    return false;
}

/* The first line that is not empty. */
static void read_scrape_token(struct load *load, const struct source *source) {
    struct config *config = load->config;
    struct strbuf text = {0};
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
                     "%s has no token, must have one per line",
                     config->scrape_token_file);
    }
    strbuf_free(&text);
}

/* The tokens of the file that the key names. */
static struct push_token_list read_tokens(struct load *load,
                                          const struct source *source,
                                          const char *key, const char *path) {
    struct strbuf text = {0};
    struct push_token_list list = {NULL, 0};
    if (read_file(load, source, key, path, &text)) {
        size_t before = load->diagnostics->count;
        push_token_read(path, text.data, text.len, &load->config->arena, &list,
                        load->diagnostics);
        if (list.count == 0 && load->diagnostics->count == before)
            diagnose(load->diagnostics, source, key,
                     "%s has no token, must have one per line", path);
    }
    strbuf_free(&text);
    return list;
}

static void read_token_files(struct load *load, const struct source *source) {
    struct config *config = load->config;
    if (config->scrape_token_file)
        read_scrape_token(load, source);
    if (config->push_token_file) {
        const struct push_token_list list = read_tokens(
            load, source, "push_token_file", config->push_token_file);
        config->push_tokens = list.tokens;
        config->push_token_count = list.count;
    }
    if (config->view_token_file)
        config->view_tokens = read_tokens(load, source, "view_token_file",
                                          config->view_token_file);
}

static void read_hash_key(struct load *load, const struct source *source) {
    struct sessions_config *sessions = &load->config->sessions;
    struct strbuf text = {0};
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

static void check_view(struct load *load, const struct source *source) {
    const struct string_list *families = &load->config->view_families;
    const bool public = load->config->view == VIEW_PUBLIC;
    if (public && families->count == 0)
        diagnose(load->diagnostics, source, "view_families",
                 "missing, must list the families that anybody may see, such "
                 "as \"web_*\", since view is \"public\"");
    if (!public && json_get(source->document, "view_families"))
        diagnose(load->diagnostics, source, "view_families",
                 "is for view \"public\" only, must be left out");
    for (size_t i = 0; i < families->count; i++) {
        const char *pattern = families->strings[i];
        char key[64];
        if (pattern_valid(pattern, strlen(pattern)))
            continue;
        (void)snprintf(key, sizeof(key), "view_families[%zu]", i);
        diagnose(
            load->diagnostics, source, key,
            "is \"%.100s\", which cannot match a family name; must consist of "
            "letters, digits, _ and :, with * for any characters",
            pattern);
    }
}

static void finish_settings(struct load *load, const struct source *source) {
    struct config *config = load->config;
    if (!json_get(source->document, "database"))
        diagnose(load->diagnostics, source, "database",
                 "missing, must be the path of the SQLite file");
    check_origins(load, source);
    check_mount(load, source);
    check_view(load, source);
    read_token_files(load, source);
    faro_config_check(&config->faro, source, load->diagnostics);
    sessions_config_check(&config->sessions, source, load->diagnostics);
    if (config->sessions.hash_key_file)
        read_hash_key(load, source);
}

/* Returns false if the allowlist directory is unknown. */
static bool load_settings(struct load *load) {
    struct source source;
    bool readable = false;
    config_keys_preset(config_keys, load->path, load->config,
                       &load->config->arena, load->diagnostics);
    watch_file(load, load->path);
    if (source_open(&source, load->path, load->diagnostics) == 0) {
        config_keys_read(config_keys, &source, load->config,
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

/* Leaves to pushed, unlisted families the part of the limits that the listed
 * families, with this many permitted label sets, do not use. */
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
        load->diagnostics->denied |= errno == EACCES;
        diagnose_file(load->diagnostics, config->metrics,
                      "metrics: cannot be opened: %s; must be a directory of "
                      "allowlist files",
                      strerror(errno));
        return;
    }
    struct allowlist allowlist = {.registry = &load->config->registry,
                                  .limits = &config->limits,
                                  .path = load->path,
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
    load->config->sql_queries = allowlist.queries;
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
    *config = (struct config){.database = NULL};
    atomic_init(&config->holders, 1);
    struct load load = {path, config, watch, diagnostics};
    size_t before = diagnostics->count;
    if (load_settings(&load) && !config->arena.failed)
        load_allowlists(&load);
    /* Without memory, a token could be missing and access be open. */
    if (config->arena.failed || config->registry.arena.failed ||
        config->registry.failed)
        report_no_memory(&load);
    /* The next check of the watch loads the configuration again. */
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
