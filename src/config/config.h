/* config: the configuration file and the allowlist files that it names. */
#ifndef TALLYMAN_CONFIG_CONFIG_H
#define TALLYMAN_CONFIG_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/watch.h"
#include "config/diagnostics.h"
#include "config/faro_config.h"
#include "config/history_config.h"
#include "config/keys.h"
#include "config/limits.h"
#include "config/push_token.h"
#include "config/routes.h"
#include "config/sessions_config.h"
#include "config/sql_query.h"
#include "metrics/registry.h"
#include "metrics/session.h"

enum durability {
    DURABILITY_PROCESS, /* a commit survives a crash of the process */
    DURABILITY_POWER    /* and a power failure */
};

enum view {
    VIEW_TOKEN,  /* a token; this machine if there are no tokens */
    VIEW_SERVER, /* users that the web server authenticated */
    VIEW_PUBLIC  /* anybody, limited to view_families */
};

struct config {
    const char *database; /* path, relative to the working directory */
    int durability;       /* enum durability */
    const char *metrics;  /* directory, relative like database */
    const char *alerts;   /* file, relative like database */
    const char *mount;    /* NULL: taken from the request */
    struct string_list origins;
    const char *scrape_token_file; /* NULL without one */
    const char *scrape_token;      /* its content; NULL without the file */
    const char *push_token_file;   /* NULL without one */
    const struct push_token *push_tokens; /* of push_token_file */
    size_t push_token_count;
    int view;                         /* enum view */
    struct string_list view_families; /* patterns with *, for VIEW_PUBLIC */
    const char *view_token_file;      /* NULL without one */
    struct push_token_list view_tokens;
    bool trust_loopback; /* programs on this machine push without a token */
    bool open_families;
    struct string_list drop_families; /* patterns with * */
    bool respect_gpc;
    struct routes routes; /* URLs of requests */
    struct routes pages;  /* URLs of the pages that push */
    struct sessions_config sessions;
    struct faro_config faro;
    struct history_config history;
    struct sql_query_list sql_queries; /* from the allowlist files */
    struct limits limits;
    /* Covers the configuration file and the allowlist files, not tokens and
     * keys. At most 52 bits, so that a double holds it. */
    uint64_t hash;
    struct registry registry;
    struct session_rules session_rules; /* see session_families_register */
    struct arena arena;                 /* holds the strings */
    atomic_int holders;
};

/* The keys of the file, generated from keys.txt. */
extern const struct config_key config_keys[];

/* Loads the file and its allowlist directory. The caller holds the result until
 * config_release. On failure returns NULL, with every error of every file in
 * diagnostics. watch gets each file that was opened, also on failure. */
struct config *config_load(const char *path, struct watch *watch,
                           struct diagnostics *diagnostics);

/* True for a name that belongs to Tallyman, or to Grafana sessions while they
 * are enabled. No listed or pushed family may have it. */
bool config_name_reserved(const struct config *config, const char *name);

/* Adds a holder and returns config. Any thread may call it. */
struct config *config_hold(struct config *config);

/* Removes a holder; the last one frees config, which may be NULL. */
void config_release(struct config *config);

#endif
