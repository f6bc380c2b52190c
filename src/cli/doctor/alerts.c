/* The check of alerts: are they evaluated and delivered? */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "alert/file.h"
#include "cli/command/database.h"
#include "cli/doctor/doctor.h"
#include "sql.h"

struct health {
    double evaluated_at; /* Unix seconds; 0: never */
    int64_t waiting;     /* notices */
    int64_t failed;      /* of these, failed deliveries */
    char error[500];     /* of the oldest failed delivery */
};

static int take_health(void *context, struct db_statement *row,
                       struct err *err) {
    struct health *health = context;
    size_t len;
    const char *error = db_text(row, 3, &len);
    (void)err;
    health->evaluated_at = db_real(row, 0);
    health->waiting = db_integer(row, 1);
    health->failed = db_integer(row, 2);
    (void)snprintf(health->error, sizeof(health->error), "%s",
                   error ? error : "");
    return 0;
}

/* Returns -1 with a finding when the database cannot be read. */
static int read_health(struct doctor *doctor, struct health *health) {
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    int result =
        db_open(doctor->database, true, DATABASE_PATIENCE_MS, &db, &err) == 0 &&
                db_query(db, sql_alert_health, take_health, health, &err) == 0
            ? 0
            : -1;
    if (result != 0)
        doctor_tell(doctor, "alerts", doctor->database,
                    "run doctor as the owner of the file", "%s", err.message);
    db_close(db);
    return result;
}

/* The shortest interval of any rule, in seconds. */
static long long interval_needed(const struct alerts *alerts) {
    long long shortest = LLONG_MAX;
    for (size_t i = 0; i < alerts->rule_count; i++) {
        const long long needed = alert_rule_every(&alerts->rules[i]);
        if (needed < shortest)
            shortest = needed;
    }
    return shortest;
}

/* Tolerates a timer that is a little late. */
static const double LATE = 1.1;

static void tell_runs(struct doctor *doctor, const struct alerts *alerts,
                      const struct health *health) {
    static const char run_it[] =
        "run `tallyman alert` by cron or a systemd timer: see tallyman(1)";
    const char *path = doctor->config->alerts;
    const long long needed = interval_needed(alerts);
    const double ago = (double)time(NULL) - health->evaluated_at;
    if (health->evaluated_at <= 0)
        doctor_tell(doctor, "alerts", path, run_it,
                    "%zu rules, and `tallyman alert` has never run",
                    alerts->rule_count);
    else if (ago < -DOCTOR_AHEAD_MAX)
        doctor_tell(doctor, "alerts", path, run_it,
                    "%zu rules, not evaluated since the clock was set back",
                    alerts->rule_count);
    else
        doctor_tell(doctor, "alerts", path,
                    ago > (double)needed * LATE ? run_it : NULL,
                    "%zu rules, evaluated %.0f s ago; they must be evaluated "
                    "every %lld s",
                    alerts->rule_count, ago, needed);
}

static void tell_notices(struct doctor *doctor, const struct health *health) {
    if (health->failed > 0)
        doctor_tell(doctor, "notices", doctor->config->alerts,
                    "correct it, and try `tallyman alert --test`; the next "
                    "run of `tallyman alert` delivers them",
                    "%" PRId64 " of %" PRId64
                    " pending notifications could not be delivered: %s",
                    health->failed, health->waiting, health->error);
}

static void check_rules(struct doctor *doctor, const struct alerts *alerts) {
    struct health health = {.evaluated_at = 0};
    if (!doctor->readable || read_health(doctor, &health) != 0)
        return;
    if (alerts->rule_count > 0)
        tell_runs(doctor, alerts, &health);
    tell_notices(doctor, &health);
}

void doctor_check_alerts(struct doctor *doctor) {
    struct diagnostics diagnostics = {0};
    struct alerts alerts = {0};
    if (alerts_load(&alerts, doctor->config->alerts, doctor->config,
                    &diagnostics) == 0)
        check_rules(doctor, &alerts);
    else
        doctor_tell_errors(doctor, "alerts", doctor->config->alerts,
                           &diagnostics);
    alerts_free(&alerts);
    diagnostics_free(&diagnostics);
}
