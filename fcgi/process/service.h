/* service: the configuration in force, the store and the telemetry of one
 * process. */
#ifndef TALLYMAN_PROCESS_SERVICE_H
#define TALLYMAN_PROCESS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/watch.h"
#include "config/config.h"
#include "endpoints/refusal_log.h"
#include "endpoints/telemetry.h"
#include "http/request.h"
#include "process/checkpointer.h"
#include "store/sql_claim.h"
#include "store/store.h"

struct service {
    const char *config_path;
    int64_t start_ms; /* when it was opened, Unix milliseconds */
    struct config *config;
    struct watch watch;
    bool reload_successful; /* the last load of the configuration */
    struct store *store;    /* NULL while it cannot be opened */
    struct err store_err;   /* of the last open or commit */
    double tried_at;        /* of the last commit with this configuration,
                               monotonic seconds; 0: none yet */
    /* NULL: commits run checkpoints. */
    struct checkpointer *checkpointer;
    struct refusal_log refusals;
    struct telemetry telemetry;
    struct batch telemetry_batch; /* of the current commit */
    double telemetry_at;          /* of its last commit, monotonic seconds */
    char *root;                   /* the last DOCUMENT_ROOT that was checked */
    bool root_exposes;            /* the database is below it */
};

/* Monotonic seconds. */
double service_seconds(void);

int64_t service_now_ms(void);

/* Loads the configuration, logs every error in it and opens the store. If that
 * fails, each turn tries again. Returns -1 when the configuration is bad. */
int service_open(struct service *service, const char *config_path);

/* Commits pending telemetry and frees everything, including the
 * checkpointer. */
void service_close(struct service *service);

/* Reloads the configuration if one of its files has changed, or if forced. A
 * bad one is logged and the old one stays in force. */
void service_reload(struct service *service, bool forced);

/* The maximum number of batches in a commit, including one for telemetry. */
enum { SERVICE_BATCHES = 65 };

/* False when service_commit would have to wait for another responder. */
bool service_try_lock(struct service *service);

/* Commits batches[0..count) of an array of SERVICE_BATCHES, which has room for
 * telemetry if that is due; see store_commit. Opens the store if needed. Logs a
 * failure other than ERR_STALE once, and its end. */
int service_commit(struct service *service, struct batch **batches,
                   size_t count, bool touch, struct err *err);

/* Claims the query if it is due, see store_claim_query. Opens the store if
 * needed. Returns -1 after a failure, which is logged as for a commit, and
 * after a reload of the configuration, which may have freed query. */
int service_claim_query(struct service *service, const struct sql_query *query,
                        struct sql_claim *claim);

/* Whether the last commit, with its result in store_err, is less than a second
 * old: readiness probes then need no commit. */
bool service_just_tried(const struct service *service);

/* Returns -1 and closes the store if the database must not be read since its
 * file is gone. Reloads the configuration if another responder has redefined
 * families. */
int service_check_store(struct service *service, struct err *err);

/* Seconds until pending telemetry should be committed; negative when nothing
 * is pending. */
double service_telemetry_due(const struct service *service);

/* Commits pending telemetry if there is any and the store is open. */
void service_commit_telemetry(struct service *service);

/* Whether the database is below the request's DOCUMENT_ROOT, where the web
 * server would serve it. */
bool service_exposes_database(struct service *service,
                              const struct request *request);

/* Whether a part of the history is still to write; writes that part unless
 * another responder has the lock. */
bool service_history_due(const struct service *service);
void service_write_history(struct service *service);

/* Checks the configuration for `-t` and logs every error. Returns 0 or -1. */
int service_check(const char *config_path);

#endif
