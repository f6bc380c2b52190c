#include "process/service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/filesystem.h"
#include "base/guide.h"
#include "http/log.h"
#include "metrics/batch_id.h"
#include "sessions/families.h"
#include "store/commit.h"
#include "store/turn.h"

double service_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int64_t service_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Loads the configuration and logs errors, and warnings if warn. The watch gets
 * the files that were read. */
static struct config *load_config(const char *path, struct watch *watch,
                                  bool warn) {
    struct diagnostics diagnostics = {0};
    struct watch seen = {0};
    struct config *config = config_load(path, &seen, &diagnostics);
    if (config && (telemetry_register(&config->registry) != 0 ||
                   session_families_register(config) != 0)) {
        diagnose_file(&diagnostics, path, "out of memory");
        seen.incomplete = true;
        config_release(config);
        config = NULL;
    }
    log_each(diagnostics.text.data, log_error);
    if (warn)
        log_each(diagnostics.warnings.data, log_warning);
    diagnostics_free(&diagnostics);
    watch_free(watch);
    *watch = seen;
    return config;
}

static int load_store(struct service *service, struct config *config,
                      struct err *err) {
    struct strbuf notes = {0};
    store_keep_history(service->store, &config->history);
    int result = store_load(service->store, &config->registry,
                            service_now_ms() / 1000, &notes, err);
    if (result == 0)
        log_each(notes.data, log_note);
    if (result == 0)
        store_limit_log(service->store, config->limits.wal_bytes);
    strbuf_free(&notes);
    return result;
}

/* The next turn opens it again. */
static void close_store(struct service *service) {
    checkpointer_forget(service->checkpointer);
    store_close(service->store);
    service->store = NULL;
}

/* Logs a new failure, and closes the store if reopening may help. */
static void store_failed(struct service *service, const struct err *err) {
    if (strcmp(service->store_err.message, err->message) != 0)
        log_error("%s; pushes are refused until this is fixed", err->message);
    service->store_err = *err;
    if (err->code != ERR_BUSY && err->code != ERR_FULL)
        close_store(service);
}

static void store_works(struct service *service) {
    if (service->store_err.code != ERR_NONE)
        log_note("database %s can be written again", service->config->database);
    service->store_err = (struct err){.code = ERR_NONE};
}

static int ensure_store(struct service *service, struct err *err) {
    const struct config *config = service->config;
    if (service->store)
        return 0;
    if (store_open(config->database, config->durability == DURABILITY_POWER,
                   &service->store, err) != 0)
        return -1;
    log_each(store_notes(service->store), log_note);
    if (load_store(service, service->config, err) == 0)
        return 0;
    close_store(service);
    return -1;
}

static struct store_clock clock_of(const struct service *service) {
    const int64_t hour = 3600000;
    int64_t now = service_now_ms();
    int64_t horizon = now - service->config->limits.batch_id_hours * hour;
    struct store_clock clock = {.now = now / 1000,
                                .key_horizon = horizon / 1000};
    batch_id_lowest(horizon, clock.batch_horizon);
    return clock;
}

/* Appends the telemetry to the batches. False when memory ran out; the pushes
 * are committed without it. */
static bool add_telemetry(struct service *service, struct batch **batches,
                          size_t *count) {
    batch_reset(&service->telemetry_batch);
    if (telemetry_fill(&service->telemetry, &service->config->registry,
                       &service->telemetry_batch) != 0)
        return false;
    batches[(*count)++] = &service->telemetry_batch;
    return true;
}

static int commit(struct service *service, struct batch **batches, size_t count,
                  bool touch, bool telemetry, struct err *err) {
    struct store_clock clock = clock_of(service);
    double start = service_seconds();
    /* Opening the store assigns new ids to the values of open labels. */
    for (size_t i = 0; i < count && !service->store; i++)
        if (batch_unresolve(batches[i]) != 0)
            return err_no_memory(err);
    if (ensure_store(service, err) != 0)
        return -1;
    telemetry = telemetry && add_telemetry(service, batches, &count);
    int result =
        store_commit(service->store, batches, count, touch, &clock, err);
    if (result != 0 && err->code != ERR_UNSYNCED)
        return -1;
    checkpointer_follow(service->checkpointer, service->store);
    log_each(store_notes(service->store), log_note);
    double end = service_seconds();
    if (telemetry) {
        telemetry_clear(&service->telemetry);
        service->telemetry_at = end;
    }
    telemetry_observe(&service->telemetry, TIMER_COMMIT, end - start);
    return result;
}

bool service_try_lock(struct service *service) {
    return !service->store || store_try_lock(service->store);
}

/* A batch was refused because of damage in the database: opening the store
 * again restores missing rows of families. */
static void reopen_damaged(struct service *service,
                           struct batch *const *batches, size_t count) {
    for (size_t i = 0; i < count && service->store; i++)
        if (batches[i]->refused && batches[i]->why.code == ERR_CORRUPT)
            close_store(service);
}

int service_commit(struct service *service, struct batch **batches,
                   size_t count, bool touch, struct err *err) {
    double due = service_telemetry_due(service);
    bool telemetry =
        (due >= 0 && due <= 0) || telemetry_crowded(&service->telemetry);
    int result = commit(service, batches, count, touch, telemetry, err);
    if (result != 0 && err->code == ERR_STALE)
        return result;
    if (result == 0) {
        store_works(service);
        reopen_damaged(service, batches, count);
    } else {
        store_failed(service, err);
    }
    service->tried_at = service_seconds();
    return result;
}

int service_claim_query(struct service *service, const struct sql_query *query,
                        struct sql_claim *claim) {
    struct err err = {.code = ERR_NONE};
    const double now = (double)service_now_ms() / 1000;
    if (ensure_store(service, &err) == 0 &&
        store_claim_query(service->store, query, now, claim, &err) == 0)
        return 0;
    if (err.code == ERR_STALE)
        service_reload(service, true);
    else
        store_failed(service, &err);
    return -1;
}

bool service_just_tried(const struct service *service) {
    return service->tried_at > 0 && service_seconds() - service->tried_at < 1;
}

int service_check_store(struct service *service, struct err *err) {
    if (!service->store || store_check(service->store, err) == 0)
        return 0;
    if (err->code == ERR_STALE) {
        service_reload(service, true);
        return 0;
    }
    store_failed(service, err);
    return -1;
}

double service_telemetry_due(const struct service *service) {
    /* How long telemetry may wait for a commit of pushes, in seconds: under
     * load few commits include it. */
    const double patience = 0.2;
    if (!service->telemetry.pending)
        return -1;
    double due = service->telemetry_at + patience - service_seconds();
    return due > 0 ? due : 0;
}

void service_commit_telemetry(struct service *service) {
    struct err err = {.code = ERR_NONE};
    struct batch *batches[SERVICE_BATCHES];
    if (!service->telemetry.pending)
        return;
    if (!service->store) {
        /* A push opens the store; until then do not retry on every wake-up. */
        service->telemetry_at = service_seconds();
        return;
    }
    if (commit(service, batches, 0, false, true, &err) == 0) {
        /* The time of this commit is included in the next one. */
        service->telemetry.pending = false;
        return;
    }
    service->telemetry_at = service_seconds();
    if (err.code != ERR_STALE)
        store_failed(service, &err);
}

bool service_history_due(const struct service *service) {
    return service->store && store_history_due(service->store);
}

void service_write_history(struct service *service) {
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = clock_of(service);
    if (!service_history_due(service) || !store_try_lock(service->store))
        return;
    if (store_write_history(service->store, &clock, &err) == 0) {
        checkpointer_follow(service->checkpointer, service->store);
        log_each(store_notes(service->store), log_note);
    } else if (err.code != ERR_STALE && err.code != ERR_UNSYNCED) {
        store_failed(service, &err);
    }
}

static void replace_config(struct service *service, struct config *config) {
    struct config *old = service->config;
    service->config = config;
    free(service->root);
    service->root = NULL;
    config_release(old);
}

static bool same_store(const struct config *a, const struct config *b) {
    return strcmp(a->database, b->database) == 0 &&
           a->durability == b->durability;
}

void service_reload(struct service *service, bool forced) {
    struct err err = {.code = ERR_NONE};
    bool changed = watch_changed(&service->watch);
    if (!changed && !(forced && service->reload_successful))
        return;
    struct config *config =
        load_config(service->config_path, &service->watch, false);
    service->reload_successful = config != NULL;
    if (!config) {
        log_error("the configuration is bad, the old one stays in force" SEE
                      GUIDE_CONFIG);
        return;
    }
    service_commit_telemetry(service);
    if (service->store && !same_store(service->config, config))
        close_store(service);
    if (service->store && load_store(service, config, &err) != 0) {
        store_failed(service, &err);
        close_store(service);
    }
    replace_config(service, config);
    service->tried_at = 0;
    if (ensure_store(service, &err) != 0)
        store_failed(service, &err);
    if (!forced)
        log_note("the changed configuration is in force");
}

int service_open(struct service *service, const char *config_path) {
    struct err err = {.code = ERR_NONE};
    *service = (struct service){.config_path = config_path,
                                .start_ms = service_now_ms()};
    service->config = load_config(config_path, &service->watch, false);
    if (!service->config)
        return -1;
    service->reload_successful = true;
    if (ensure_store(service, &err) != 0)
        store_failed(service, &err);
    return 0;
}

void service_close(struct service *service) {
    service_commit_telemetry(service);
    checkpointer_free(service->checkpointer);
    store_close(service->store);
    batch_free(&service->telemetry_batch);
    watch_free(&service->watch);
    config_release(service->config);
    free(service->root);
}

bool service_exposes_database(struct service *service,
                              const struct request *request) {
    if (*request->document_root == '\0')
        return false;
    if (service->root && strcmp(service->root, request->document_root) == 0)
        return service->root_exposes;
    free(service->root);
    service->root = strdup(request->document_root);
    service->root_exposes =
        filesystem_below(service->config->database, request->document_root);
    if (service->root_exposes)
        log_error("database %s lies below the web root %s, where anybody "
                  "could download it; set `database` to a path outside",
                  service->config->database, request->document_root);
    return service->root_exposes;
}

int service_check(const char *config_path) {
    struct watch watch = {0};
    struct err err = {.code = ERR_NONE};
    struct config *config = load_config(config_path, &watch, true);
    int result = config ? 0 : -1;
    /* The directory may be made by systemd when it starts the responders. */
    if (config && filesystem_check(config->database, &err) != 0) {
        if (err.code == ERR_IO) {
            log_note("%s", err.message);
        } else {
            log_error("%s", err.message);
            result = -1;
        }
    }
    config_release(config);
    watch_free(&watch);
    return result;
}
