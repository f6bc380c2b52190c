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
#include "store/store.h"

struct service {
    const char *config_path;
    int64_t start_ms; /* when it was opened, Unix milliseconds */
    struct config *config;
    struct watch watch;
    bool reload_successful; /* the last load of the configuration */
    struct store *store;    /* NULL while it cannot be opened */
    struct err store_err;   /* why, or how the last commit failed */
    double tried_at;        /* when a commit was last tried with this
                               configuration, monotonic seconds; 0: not yet */
    /* NULL: commits do its work. */
    struct checkpointer *checkpointer;
    struct refusal_log refusals;
    struct telemetry telemetry;
    struct batch telemetry_batch; /* of the commit that is under way */
    double telemetry_at; /* when it was last committed, monotonic seconds */
    char *root;          /* the last DOCUMENT_ROOT that was looked at */
    bool root_exposes;   /* the database lies below it */
};

/* Seconds on a clock that only goes forward. */
double service_seconds(void);

int64_t service_now_ms(void);

/* Loads the configuration, logs every error in it and opens the store; a store
 * that cannot be opened now is tried again with each turn. Returns -1 when the
 * configuration is bad. */
int service_open(struct service *service, const char *config_path);

/* Commits what telemetry is left and frees all, the checkpointer, too. */
void service_close(struct service *service);

/* Loads the configuration anew if a file of it has changed, or anyway if
 * forced. A bad one is logged and the old one stays. */
void service_reload(struct service *service, bool forced);

/* Room for the batches of a commit and for the telemetry behind them. */
enum { SERVICE_BATCHES = 65 };

/* False when service_commit would have to wait for another responder. */
bool service_try_lock(struct service *service);

/* Commits batches[0..count), an array of SERVICE_BATCHES with room for one
 * more, and telemetry where it is due; see store_commit. Opens the store if
 * need be. A failure but for ERR_STALE is logged once, and so is its end. */
int service_commit(struct service *service, struct batch **batches,
                   size_t count, bool touch, struct err *err);

/* How a commit would end is known from the last one, of this second: store_err.
 * Asking does not make a responder write all the time. */
bool service_just_tried(const struct service *service);

/* -1 when the database must not be read, as its file is gone; the store is
 * closed then. Loads the configuration anew if another responder has redefined
 * families. */
int service_check_store(struct service *service, struct err *err);

/* Seconds until pending telemetry should be committed; negative when nothing
 * is pending. */
double service_telemetry_due(const struct service *service);

/* Commits pending telemetry if there is any and the store is open. */
void service_commit_telemetry(struct service *service);

/* The database lies below the request's DOCUMENT_ROOT, where the web server
 * would hand it out. */
bool service_exposes_database(struct service *service,
                              const struct request *request);

/* Checks the configuration for `-t`, logs every error. Returns 0 or -1. */
int service_check(const char *config_path);

#endif
