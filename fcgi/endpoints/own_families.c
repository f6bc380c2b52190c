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

const struct family own_families[OWN_FAMILIES] = {
    [OWN_PUSHES] =
        {.name = "tallyman_pushes_total",
         .help = "Pushes that were acknowledged, by door and what became "
                 "of them.",
         .unit = "",
         .type = METRIC_COUNTER,
         LABELS({.name = "door"}, {.name = "result"})},
    [OWN_PUSHES_REJECTED] =
        {.name = "tallyman_pushes_rejected_total",
         .help = "Pushes that were refused as a whole, by door and reason.",
         .unit = "",
         .type = METRIC_COUNTER,
         LABELS({.name = "door"}, {.name = "reason"})},
    [OWN_SAMPLES] = {.name = "tallyman_samples_total",
                     .help = "Samples that were counted, by door.",
                     .unit = "",
                     .type = METRIC_COUNTER,
                     LABELS({.name = "door"})},
    [OWN_SAMPLES_REJECTED] =
        {.name = "tallyman_samples_rejected_total",
         .help = "Samples that were left out of a push, by door and "
                 "reason.",
         .unit = "",
         .type = METRIC_COUNTER,
         LABELS({.name = "door"}, {.name = "reason"})},
    [OWN_INCOMPLETE] = {.name = "tallyman_requests_incomplete_total",
                        .help = "Requests that did not arrive in full in time.",
                        .unit = "",
                        .type = METRIC_COUNTER},
    [OWN_RECORD_CALLS] = {.name = "metrics_aggregator_record_total",
                          .help = "How often clients have posted to /record.",
                          .unit = "",
                          .type = METRIC_COUNTER},
    [OWN_TURN_REQUESTS] =
        {.name = "tallyman_turn_requests",
         .help = "Requests that were answered together, with one commit.",
         .unit = "",
         .type = METRIC_HISTOGRAM,
         BOUNDS(1, 2, 4, 8, 16, 32, 64)},
    [OWN_COMMIT_SECONDS] =
        {.name = "tallyman_commit_seconds",
         .help = "Time from taking the lock to the end of the commit.",
         .unit = "seconds",
         .type = METRIC_HISTOGRAM,
         BOUNDS(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05,
                0.1, 0.25, 0.5, 1, 2.5)},
    [OWN_SCRAPE_SECONDS] = {.name = "tallyman_scrape_seconds",
                            .help = "Time to make the text of a scrape.",
                            .unit = "seconds",
                            .type = METRIC_HISTOGRAM,
                            BOUNDS(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                   0.25, 0.5, 1, 2.5, 5)},
    [OWN_BUILD_INFO] = {.name = "tallyman_build_info",
                        .help =
                            "Always 1; the label says which version answers.",
                        .unit = "",
                        .type = METRIC_GAUGE,
                        LABELS({.name = "version"})},
    [OWN_CONFIG_HASH] =
        {.name = "tallyman_config_hash",
         .help = "Hash of the configuration files in force, without "
                 "secrets.",
         .unit = "",
         .type = METRIC_GAUGE},
    [OWN_RELOAD_SUCCESSFUL] =
        {.name = "tallyman_config_last_reload_successful",
         .help = "Whether the configuration files are those in force.",
         .unit = "",
         .type = METRIC_GAUGE},
    [OWN_DATABASE_BYTES] = {.name = "tallyman_database_bytes",
                            .help = "Size of the database file.",
                            .unit = "bytes",
                            .type = METRIC_GAUGE},
    [OWN_DISK_AVAILABLE] =
        {.name = "tallyman_disk_available_bytes",
         .help = "Space left on the file system of the database file.",
         .unit = "bytes",
         .type = METRIC_GAUGE},
    [OWN_DISK_SIZE] = {.name = "tallyman_disk_size_bytes",
                       .help = "Size of the file system of the database file.",
                       .unit = "bytes",
                       .type = METRIC_GAUGE},
    [OWN_SERIES] =
        {.name = "tallyman_series",
         .help = "Series in the database by family; a histogram counts as "
                 "one.",
         .unit = "",
         .type = METRIC_GAUGE,
         LABELS({.name = "family"})},
    [OWN_WAL_BYTES] =
        {.name = "tallyman_wal_bytes",
         .help = "Size of the write-ahead log beside the database file.",
         .unit = "bytes",
         .type = METRIC_GAUGE},
    [OWN_SESSIONS_BUILD_INFO] =
        {.name = "grafana_analytics_build_info",
         .help = "Always 1; the label says which version counts sessions.",
         .unit = "",
         .type = METRIC_GAUGE,
         LABELS({.name = "version"})},
    [OWN_SESSIONS_UP] = {.name = "grafana_analytics_up",
                         .help =
                             "Always 1: whoever answers can read the sessions.",
                         .unit = "",
                         .type = METRIC_GAUGE},
    [OWN_SESSIONS_ACTIVE] = {.name = "grafana_analytics_sessions_active",
                             .help = "Sessions that are open now.",
                             .unit = "",
                             .type = METRIC_GAUGE},
    [OWN_PUSH_TIME] = {.name = METRIC_PUSH_TIME,
                       .help = PUSH_TIME_HELP,
                       .unit = "seconds",
                       .type = METRIC_GAUGE},
    [OWN_PUSH_FAILURE_TIME] = {.name = METRIC_PUSH_FAILURE_TIME,
                               .help = PUSH_FAILURE_TIME_HELP,
                               .unit = "seconds",
                               .type = METRIC_GAUGE},
};
#undef LABELS
#undef BOUNDS

enum own_family own_family_of(const struct family *family) {
    int i = 0;
    while (i < OWN_FAMILIES && family != &own_families[i])
        i++;
    return (enum own_family)i;
}
