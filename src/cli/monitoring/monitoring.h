/* monitoring: what `tallyman monitoring` was asked to write. */
#ifndef TALLYMAN_CLI_MONITORING_MONITORING_H
#define TALLYMAN_CLI_MONITORING_MONITORING_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "config/config.h"

enum monitoring_stack { STACK_PROMETHEUS, STACK_VICTORIA };
enum monitoring_tracing { TRACING_NONE, TRACING_JAEGER, TRACING_TEMPO };
enum monitoring_storage {
    STORAGE_LOCAL,
    STORAGE_THANOS,
    STORAGE_MIMIR,
    STORAGE_VICTORIA
};

/* Bit sets. */
enum monitoring_channel {
    CHANNEL_SLACK = 1,
    CHANNEL_PAGERDUTY = 2,
    CHANNEL_EMAIL = 4,
    CHANNEL_WEBHOOK = 8,
    CHANNEL_OPSGENIE = 16
};
enum monitoring_preset {
    PRESET_RED = 1,
    PRESET_GOLDEN = 2,
    PRESET_WEB_VITALS = 4,
    PRESET_KPI = 8,
    PRESET_SLO = 16,
    PRESET_GRAFANA_USAGE = 32,
    PRESET_ALL = 63
};
enum monitoring_exporter {
    EXPORTER_NODE = 1,
    EXPORTER_BLACKBOX = 2,
    EXPORTER_POSTGRES = 4,
    EXPORTER_REDIS = 8
};

/* Each string consists of characters that need no quotes in YAML, PromQL or
 * JSON, but token_file, which is any path. */
struct monitoring {
    const struct config *config;
    const char *out; /* directory */
    enum monitoring_stack stack;
    struct string_list services;
    const char *environment;
    const char *retention;       /* such as 30d */
    const char *scrape_interval; /* such as 15s */
    unsigned channels;           /* enum monitoring_channel */
    unsigned presets;            /* enum monitoring_preset */
    unsigned exporters;          /* enum monitoring_exporter */
    enum monitoring_tracing tracing;
    bool high_availability;
    enum monitoring_storage storage;
    struct string_list nodes; /* host:port, at least one */
    const char *token_file;   /* NULL without a token */
    bool tls;
    bool dry_run;
    bool force;
};

/* The labels that every series of a node has beside those of its family: job
 * (MONITORING_JOB), instance (the node's host:port), environment, and service
 * where --services has a name that the family's begins with, followed by an
 * underscore. */
#define MONITORING_JOB "tallyman"

/* Where queries go, from inside the compose network. */
const char *monitoring_query_url(const struct monitoring *monitoring);

/* Where they can go when the first of two does not answer; NULL without. */
const char *monitoring_second_url(const struct monitoring *monitoring);

/* The length of the family's name without the _total of a counter, as recorded
 * series and births (_created) have it: see family_base_length. */
int monitoring_base(const struct monitoring *monitoring,
                    const struct family *family);

/* What counts the observations of a histogram or a summary: the suffix of its
 * series, "" for others, and with it in *more a matcher with a comma in front,
 * or "". */
const char *monitoring_count(const struct family *family, const char **more);

/* Adds a regular expression for the label `le` of a bound, which formats and
 * versions write differently. */
void monitoring_bound(double bound, struct strbuf *out);

#endif
