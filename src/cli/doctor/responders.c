/* The checks of the responders. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/version.h"
#include "cli/doctor/doctor.h"
#include "cli/doctor/probe.h"
#include "sql.h"
#include "store/db.h"

/* The largest accepted difference of two clocks, in seconds. */
enum { CLOCK_MAX = 5 };

/* probe_url or probe_socket. */
typedef int ask(const char *place, const char *path,
                const struct probe_trust *trust, struct probe_reply *reply,
                struct err *err);

struct way {
    ask *ask;
    const char *place;
    const char *prefix; /* of each path */
};

static int get(const struct doctor *doctor, const struct way *way,
               const char *path, struct probe_reply *reply, struct err *err) {
    char whole[1000];
    (void)snprintf(whole, sizeof(whole), "%s%s", way->prefix, path);
    return way->ask(way->place, whole, &doctor->trust, reply, err);
}

/* The length of the body's first line, cut for a message. */
static int line_length(const struct probe_reply *reply) {
    size_t len = strcspn(reply->body, "\r\n");
    return len < 200 ? (int)len : 200;
}

static void check_clock(struct doctor *doctor, const struct way *way,
                        const struct probe_reply *reply) {
    const int64_t apart = reply->date - (int64_t)time(NULL);
    if (reply->date == 0)
        return;
    doctor_tell(doctor, "clock", way->place,
                apart > CLOCK_MAX || apart < -CLOCK_MAX
                    ? "synchronize both machines with NTP: with a wrong "
                      "clock, pushes with a time or an id are refused"
                    : NULL,
                "%" PRId64 " s %s this machine's", apart < 0 ? -apart : apart,
                apart < 0 ? "behind" : "ahead of");
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The web server answers without a responder. 502, 503 and 504 mean that a
 * responder is configured. */
static void tell_stranger(struct doctor *doctor, const struct way *way,
                          const struct probe_reply *reply) {
    const bool gone =
        reply->status == 502 || reply->status == 503 || reply->status == 504;
    doctor_tell(
        doctor, "responders", way->place,
        gone ? "start the responders; see the web server's log"
             : "give the address of Tallyman with its host name, such as "
               "http://metrics.example.org/tallyman, or use --socket",
        "%s: the reply to /-/ready is %d, %.*s",
        gone ? "no responder answers" : "no Tallyman at this address",
        reply->status, line_length(reply), reply->body);
}

/* Reports the reply to /-/ready; false if no responder wrote it. */
static bool judge_ready(struct doctor *doctor, const struct way *way,
                        const struct probe_reply *reply) {
    if (reply->location.len > 0) {
        doctor_tell(doctor, "responders", way->place,
                    "use that address for --url",
                    "/-/ready redirects with %d to %s", reply->status,
                    reply->location.data);
        return false;
    }
    if (reply->status == 200 && begins(reply->body, "ready")) {
        doctor_tell(doctor, "responders", way->place, NULL, "ready");
        return true;
    }
    if (reply->status == 503 && begins(reply->body, "not ready")) {
        doctor_tell(doctor, "responders", way->place,
                    "see the responders' log for the failed write",
                    "the reply to /-/ready is %d, %.*s", reply->status,
                    line_length(reply), reply->body);
        return true;
    }
    tell_stranger(doctor, way, reply);
    return false;
}

/* False if no responder answers. */
static bool check_ready(struct doctor *doctor, const struct way *way) {
    struct probe_reply reply = {.status = 0};
    struct err err = {.code = ERR_NONE};
    bool there = false;
    if (get(doctor, way, "/-/ready", &reply, &err) != 0) {
        doctor_tell(doctor, "responders", way->place,
                    "start the responders and the web server; see their logs. "
                    "For a private certificate authority use --cacert",
                    "%s", err.message);
    } else {
        there = judge_ready(doctor, way, &reply);
        check_clock(doctor, way, &reply);
    }
    probe_reply_free(&reply);
    return there;
}

/* The value of a gauge without labels; NaN if the scrape lacks it. */
static double find_gauge(const char *scrape, const char *name) {
    char start[100];
    (void)snprintf(start, sizeof(start), "\n%s ", name);
    const char *found = strstr(scrape, start);
    return found ? strtod(found + strlen(start), NULL) : NAN;
}

/* True if the responders have this program's version. */
static bool check_program(struct doctor *doctor, const struct way *way,
                          const char *scrape) {
    static const char name[] = "\ntallyman_build_info{version=\"";
    const char *found = strstr(scrape, name);
    if (!found) {
        doctor_tell(doctor, "version", way->place,
                    "give the address of Tallyman, such as "
                    "http://127.0.0.1/tallyman",
                    "/metrics does not come from a responder");
        return false;
    }
    found += strlen(name);
    const int len = (int)strcspn(found, "\"\n");
    if (strncmp(found, TALLYMAN_VERSION "\"", sizeof(TALLYMAN_VERSION)) != 0) {
        doctor_tell(
            doctor, "version", way->place,
            "restart the responders after an upgrade, or use the "
            "tallyman command of their version",
            "the responders have %.*s, this tallyman has " TALLYMAN_VERSION,
            len < 100 ? len : 100, found);
        return false;
    }
    doctor_tell(doctor, "version", way->place, NULL, "%.*s", len, found);
    return true;
}

/* Compares the configuration in force with the one that doctor has loaded. */
static void check_config(struct doctor *doctor, const struct way *way,
                         const char *scrape) {
    const double successful =
        find_gauge(scrape, "tallyman_config_last_reload_successful");
    const double hash = find_gauge(scrape, "tallyman_config_hash");
    const double wanted = (double)doctor->config->hash;
    if (!(successful >= 1))
        doctor_tell(doctor, "configuration", way->place,
                    "run tallyman check with the same file, and correct the "
                    "errors",
                    "the changed file has an error; the previous version is in "
                    "force");
    else if (!(hash >= wanted && hash <= wanted))
        doctor_tell(doctor, "configuration", way->place,
                    "give the file that the responders were started with: see "
                    "--config; after a change, wait some seconds and run "
                    "doctor again",
                    "the responders use another configuration or allowlist");
    else
        doctor_tell(doctor, "configuration", way->place, NULL,
                    "the responders use this configuration and its allowlist");
}

/* Not every refusal has its remedy in the allowlist. */
static const char *refusal_remedy(const char *reason) {
    static const struct {
        const char *reason;
        const char *remedy;
    } remedies[] = {
        {"unknown_family",
         "list it in an allowlist file, or remove it from the client"},
        {"label_value",
         "list the value in its allowlist file, or correct the client"},
        {"out_of_range",
         "correct the client, or min and max in the allowlist file"},
        {"programs_only",
         "push it from a trusted program, as its allowlist file requires"},
        {"family_limit", "raise limits.families, or push fewer names"},
        {"series_limit", "raise limits.series, or push fewer label sets"},
    };
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
        if (strcmp(reason, remedies[i].reason) == 0)
            return remedies[i].remedy;
    return "correct the client, so that the push fits the allowlist file";
}

struct refusals {
    struct doctor *doctor;
    const struct way *way;
};

static int tell_refusal(void *context, struct db_statement *row,
                        struct err *err) {
    const struct refusals *refusals = context;
    size_t len;
    const char *reason = db_text(row, 0, &len);
    const char *label = db_text(row, 2, &len);
    const int64_t pushes = db_integer(row, 3);
    (void)err;
    doctor_find(refusals->doctor, FINDING_NOTE, "refusals",
                refusals->way->place, refusal_remedy(reason),
                "%.64s: %.64s%s%.64s, in %" PRId64 " push%s, last at %s",
                reason, db_text(row, 1, &len), label && *label ? " " : "",
                label, pushes, pushes == 1 ? "" : "es", db_text(row, 4, &len));
    return 0;
}

/* Reports recent refusals of the responder that answers. */
static void check_refusals(struct doctor *doctor, const struct way *way) {
    struct refusals refusals = {doctor, way};
    struct probe_reply reply = {.status = 0};
    struct err ignored = {.code = ERR_NONE};
    struct db *db = NULL;
    struct db_statement *statement;
    if (get(doctor, way, "/api/v1/status", &reply, &ignored) == 0 &&
        reply.status == 200 && db_open_memory(&db, &ignored) == 0 &&
        db_prepare(db, sql_refusals, &statement, &ignored) == 0) {
        db_bind_string(statement, ":status", reply.body);
        (void)db_each(statement, tell_refusal, &refusals, &ignored);
    }
    db_close(db);
    probe_reply_free(&reply);
}

static void check_scrape(struct doctor *doctor, const struct way *way) {
    struct probe_reply reply = {.status = 0};
    struct err err = {.code = ERR_NONE};
    if (get(doctor, way, "/metrics", &reply, &err) != 0) {
        doctor_tell(doctor, "scrape", way->place, "see the responders' log",
                    "%s", err.message);
    } else if (reply.status != 200) {
        doctor_tell(
            doctor, "scrape", way->place,
            reply.status == 401
                ? "the responders use another scrape_token_file: see --config"
                : "allow scrapes from this machine in the web server's "
                  "configuration",
            "the reply to /metrics is %d, %.*s", reply.status,
            line_length(&reply), reply.body);
    } else if (check_program(doctor, way, reply.body)) {
        check_config(doctor, way, reply.body);
        check_refusals(doctor, way);
    }
    probe_reply_free(&reply);
}

static void check_way(struct doctor *doctor, struct way way) {
    if (check_ready(doctor, &way))
        check_scrape(doctor, &way);
}

void doctor_check_responders(struct doctor *doctor) {
    const char *mount = doctor->config->mount;
    if (doctor->url)
        check_way(doctor, (struct way){probe_url, doctor->url, ""});
    if (doctor->socket_path)
        check_way(doctor, (struct way){probe_socket, doctor->socket_path,
                                       mount ? mount : ""});
    if (!doctor->url && !doctor->socket_path)
        doctor_find(doctor, FINDING_NOTE, "responders", "-",
                    "use --url or --socket", "not checked");
}
