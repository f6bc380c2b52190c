#include "endpoints/own_families.h"

#include "metrics/metric.h"
#include "metrics/push_group.h"

/* Sorted by name. */
#define LABELS(...)                                                            \
    .labels = (struct label_rule[]){__VA_ARGS__},                              \
    .label_count =                                                             \
        sizeof((struct label_rule[]){__VA_ARGS__}) / sizeof(struct label_rule)
#define BOUNDS(...)                                                            \
    .bounds = (double[]){__VA_ARGS__},                                         \
    .bound_count = sizeof((double[]){__VA_ARGS__}) / sizeof(double)
#define NO_LABELS .label_count = 0
#define FAMILY(own, kind, text, measure, what, more)                           \
    [own] = {.name = (text),                                                   \
             .help = (what),                                                   \
             .unit = (measure),                                                \
             .type = METRIC_##kind,                                            \
             more}

const struct family own_families[OWN_FAMILIES] = {
    FAMILY(OWN_PUSHES, COUNTER, "tallyman_pushes_total", "",
           "Acknowledged pushes by endpoint (door) and result: accepted, "
           "opted_out (Sec-GPC or DNT), or repeated (counted before).",
           LABELS({.name = "door"}, {.name = "result"})),
    FAMILY(OWN_PUSHES_REJECTED, COUNTER, "tallyman_pushes_rejected_total", "",
           "Pushes refused as a whole, by endpoint (door) and reason.",
           LABELS({.name = "door"}, {.name = "reason"})),
    FAMILY(OWN_SAMPLES, COUNTER, "tallyman_samples_total", "",
           "Samples counted, by endpoint (door).", LABELS({.name = "door"})),
    FAMILY(OWN_SAMPLES_REJECTED, COUNTER, "tallyman_samples_rejected_total", "",
           "Samples left out of a push, or refused with it, by endpoint (door) "
           "and reason.",
           LABELS({.name = "door"}, {.name = "reason"})),
    FAMILY(OWN_INCOMPLETE, COUNTER, "tallyman_requests_incomplete_total", "",
           "Requests that were aborted, did not arrive in full within 30 "
           "seconds, or were dropped because a responder holds at most 900 "
           "connections and 64 MiB of such requests.",
           NO_LABELS),
    FAMILY(OWN_RECORD_CALLS, COUNTER, "metrics_aggregator_record_total", "",
           "Calls of /record, as peardeck's aggregator counts them.",
           NO_LABELS),
    FAMILY(OWN_TURN_REQUESTS, HISTOGRAM, "tallyman_turn_requests", "",
           "Requests answered together, with one commit.",
           BOUNDS(1, 2, 4, 8, 16, 32, 64)),
    FAMILY(OWN_COMMIT_SECONDS, HISTOGRAM, "tallyman_commit_seconds", "seconds",
           "Time from taking the write lock to the end of the commit.",
           BOUNDS(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02,
                  0.05, 0.1, 0.25, 0.5, 1, 2.5)),
    FAMILY(OWN_SCRAPE_SECONDS, HISTOGRAM, "tallyman_scrape_seconds", "seconds",
           "Time to write the body of a scrape.",
           BOUNDS(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                  2.5, 5)),
    FAMILY(OWN_BUILD_INFO, GAUGE, "tallyman_build_info", "",
           "Always 1; the label is the version of the responder that answers.",
           LABELS({.name = "version"})),
    FAMILY(OWN_CONFIG_HASH, GAUGE, "tallyman_config_hash", "",
           "Hash of the configuration and allowlist files in force; equal "
           "files have equal hashes. Token and key files are not part of it.",
           NO_LABELS),
    FAMILY(OWN_RELOAD_SUCCESSFUL, GAUGE,
           "tallyman_config_last_reload_successful", "",
           "1 if the configuration files are in force, 0 while they have an "
           "error and an older version is in force.",
           NO_LABELS),
    FAMILY(OWN_DATABASE_BYTES, GAUGE, "tallyman_database_bytes", "bytes",
           "Size of the database file.", NO_LABELS),
    FAMILY(OWN_DISK_AVAILABLE, GAUGE, "tallyman_disk_available_bytes", "bytes",
           "Free space on the file system of the database file.", NO_LABELS),
    FAMILY(OWN_DISK_SIZE, GAUGE, "tallyman_disk_size_bytes", "bytes",
           "Size of the file system of the database file.", NO_LABELS),
    FAMILY(OWN_QUERY_RUNS, COUNTER, "tallyman_query_runs_total", "",
           "Finished runs of a query by SQL, successful or not.",
           LABELS({.name = "query"})),
    FAMILY(
        OWN_QUERY_ERRORS, COUNTER, "tallyman_query_errors_total", "",
        "Failed runs of a query by SQL; each leaves the values as they were.",
        LABELS({.name = "query"})),
    FAMILY(OWN_QUERY_DURATION, GAUGE, "tallyman_query_last_duration_seconds",
           "seconds", "Duration of the last run of a query by SQL.",
           LABELS({.name = "query"})),
    FAMILY(OWN_QUERY_SUCCESS, GAUGE,
           "tallyman_query_last_success_timestamp_seconds", "seconds",
           "Unix time of the last successful run of a query by SQL; 0 before "
           "the first.",
           LABELS({.name = "query"})),
    FAMILY(OWN_SERIES, GAUGE, "tallyman_series", "",
           "Series in the database by family; a histogram counts as one.",
           LABELS({.name = "family"})),
    FAMILY(OWN_WAL_BYTES, GAUGE, "tallyman_wal_bytes", "bytes",
           "Size of the write-ahead log, the -wal file of the database.",
           NO_LABELS),
    FAMILY(OWN_SESSIONS_BUILD_INFO, GAUGE, "grafana_analytics_build_info", "",
           "Always 1; the label is the version that counts sessions.",
           LABELS({.name = "version"})),
    FAMILY(OWN_SESSIONS_UP, GAUGE, "grafana_analytics_up", "",
           "Always 1: the responder that answers can read the sessions.",
           NO_LABELS),
    FAMILY(OWN_SESSIONS_ACTIVE, GAUGE, "grafana_analytics_sessions_active", "",
           "Sessions that are open now.", NO_LABELS),
    FAMILY(OWN_PUSH_TIME, GAUGE, METRIC_PUSH_TIME, "seconds", PUSH_TIME_HELP,
           NO_LABELS),
    FAMILY(OWN_PUSH_FAILURE_TIME, GAUGE, METRIC_PUSH_FAILURE_TIME, "seconds",
           PUSH_FAILURE_TIME_HELP, NO_LABELS),
};
#undef FAMILY
#undef NO_LABELS
#undef LABELS
#undef BOUNDS

enum own_family own_family_of(const struct family *family) {
    int i = 0;
    while (i < OWN_FAMILIES && family != &own_families[i])
        i++;
    return (enum own_family)i;
}
