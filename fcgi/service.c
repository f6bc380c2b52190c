#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filesystem.h"
#include "log.h"
#include "turn.h"

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

/* Loads and logs; the files looked at replace those of the watch. */
static struct config *load_config(const char *path, struct watch *watch) {
    struct diagnostics diagnostics = {0};
    struct watch seen = {0};
    struct config *config = config_load(path, &seen, &diagnostics);
    if (config && telemetry_register(&config->registry) != 0) {
        diagnose_file(&diagnostics, path, "out of memory");
        config_release(config);
        config = NULL;
    }
    log_errors(diagnostics.text.data);
    diagnostics_free(&diagnostics);
    watch_free(watch);
    *watch = seen;
    return config;
}

static int load_store(struct service *service, struct config *config,
                      struct err *err) {
    struct strbuf notes = {0};
    int result = store_load(service->store, &config->registry,
                            service_now_ms() / 1000, &notes, err);
    if (result == 0)
        log_notes(notes.data);
    strbuf_free(&notes);
    return result;
}

int service_ensure_store(struct service *service) {
    struct err err = {.code = ERR_NONE};
    const struct config *config = service->config;
    if (service->store)
        return 0;
    if (store_open(config->database, config->durability == DURABILITY_POWER,
                   &service->store, &err) == 0 &&
        load_store(service, service->config, &err) == 0)
        return 0;
    store_close(service->store);
    service->store = NULL;
    service_store_failed(service, &err);
    return -1;
}

void service_store_failed(struct service *service, const struct err *err) {
    if (strcmp(service->store_err.message, err->message) != 0)
        log_error("%s; pushes are refused until this is mended", err->message);
    service->store_err = *err;
    if (err->code == ERR_BUSY || err->code == ERR_FULL ||
        err->code == ERR_STALE)
        return;
    store_close(service->store);
    service->store = NULL;
}

void service_store_works(struct service *service) {
    if (service->store_err.code != ERR_NONE)
        log_note("database %s can be written again", service->config->database);
    service->store_err = (struct err){.code = ERR_NONE};
}

/* The new configuration comes into force. */
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
    struct config *config = load_config(service->config_path, &service->watch);
    service->reload_successful = config != NULL;
    if (!config) {
        log_error("the configuration is bad, the old one stays in force");
        return;
    }
    turn_commit_telemetry(service);
    if (service->store && !same_store(service->config, config)) {
        store_close(service->store);
        service->store = NULL;
    }
    if (service->store && load_store(service, config, &err) != 0) {
        service_store_failed(service, &err);
        store_close(service->store);
        service->store = NULL;
    }
    replace_config(service, config);
    (void)service_ensure_store(service);
    if (!forced)
        log_note("the changed configuration is in force");
}

int service_open(struct service *service, const char *config_path) {
    *service = (struct service){.config_path = config_path};
    service->config = load_config(config_path, &service->watch);
    if (!service->config)
        return -1;
    service->reload_successful = true;
    (void)service_ensure_store(service);
    return 0;
}

void service_close(struct service *service) {
    turn_commit_telemetry(service);
    store_close(service->store);
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
    struct config *config = load_config(config_path, &watch);
    int result = config ? 0 : -1;
    if (config && filesystem_check(config->database, &err) != 0) {
        log_error("%s", err.message);
        result = -1;
    }
    config_release(config);
    watch_free(&watch);
    return result;
}
