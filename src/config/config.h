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
#include "config/keys.h"
#include "config/limits.h"
#include "config/push_token.h"
#include "config/routes.h"
#include "config/sessions_config.h"
#include "metrics/registry.h"
#include "metrics/session.h"

enum durability {
    DURABILITY_PROCESS, /* a commit outlives the process */
    DURABILITY_POWER    /* and a power cut */
};

struct config {
    const char *database; /* path, relative to the working directory */
    int durability;       /* enum durability */
    const char *metrics;  /* directory, likewise */
    const char *mount;    /* NULL: from the request */
    struct string_list origins;
    const char *scrape_token_file; /* NULL without one */
    const char *scrape_token;      /* its content; NULL without the file */
    const char *push_token_file;   /* NULL without one */
    const struct push_token *push_tokens; /* those of the file */
    size_t push_token_count;
    bool trust_loopback; /* programs on this machine push without a token */
    bool open_families;
    struct string_list drop_families; /* patterns with * */
    bool respect_gpc;
    struct routes routes; /* of requests */
    struct routes pages;  /* of the pages that push */
    struct sessions_config sessions;
    struct faro_config faro;
    struct limits limits;
    /* Of the texts of the file and the allowlist files, but none of tokens and
     * keys: at most 52 bits, which a gauge can show. */
    uint64_t hash;
    struct registry registry;
    struct session_rules session_rules; /* see session_families_register */
    struct arena arena;                 /* holds the strings */
    atomic_int holders;
};

/* The keys of the file, of keys.txt, for a struct config. */
extern const struct config_key config_keys[];

/* Loads the file and its allowlist directory. Returns NULL with every error of
 * every file in diagnostics. watch gets each file that was looked at, also on
 * failure. The caller holds the result until config_release. */
struct config *config_load(const char *path, struct watch *watch,
                           struct diagnostics *diagnostics);

/* A name that a family of a file or of a push must not have: one that belongs
 * to Tallyman itself, or to the sessions while they are counted. */
bool config_name_reserved(const struct config *config, const char *name);

/* One more holder, in any thread; returns config. */
struct config *config_hold(struct config *config);

/* One holder less; the last one frees it. NULL is fine. */
void config_release(struct config *config);

#endif
