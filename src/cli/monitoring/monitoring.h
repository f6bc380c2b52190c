/* monitoring: the options of `tallyman monitoring`. */
#ifndef TALLYMAN_CLI_MONITORING_MONITORING_H
#define TALLYMAN_CLI_MONITORING_MONITORING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/config.h"

/* Each string consists of characters that need no quotes in YAML, PromQL or
 * JSON, but token_file, which is any path. */
struct monitoring {
    const struct config *config;
    const char *out; /* directory */
    uint64_t chosen; /* words, in the order of templates/CHOICES */
    struct string_list services;
    const char *environment;
    const char *retention;       /* such as 30d */
    bool short_retention;        /* less than the 30 days of error budgets */
    const char *scrape_interval; /* such as 15s */
    bool high_availability;
    bool native_histograms;   /* Prometheus makes them of those with buckets */
    struct string_list nodes; /* host:port, at least one */
    const char *token_file;   /* NULL without a token */
    bool tls;
    bool dry_run;
    bool force;
};

/* The labels that every series of a node has beside those of its family: job
 * (tallyman), instance (the node's host:port), environment, and service where
 * --services has a name that the family's begins with, followed by an
 * underscore. */

/* The team for metrics without a service. */
#define MONITORING_TEAM "application"

/* Whether the chosen words have set a value, such as stack_prometheus: see
 * templates/CHOICES. */
bool monitoring_has(const struct monitoring *monitoring, const char *name);

/* The length of the family's name without the _total of a counter, as recorded
 * series and births (_created) have it: see family_base_length. */
int monitoring_base(const struct monitoring *monitoring,
                    const struct family *family);

/* Whether graphs lead to traces: there are traces, and the data source asks a
 * Prometheus that keeps exemplars. */
bool monitoring_has_exemplars(const struct monitoring *monitoring);

/* A histogram that is one native histogram in Prometheus. */
bool monitoring_is_native(const struct monitoring *monitoring,
                          const struct family *family);

/* The suffix of the series that counts the observations of a histogram or a
 * summary; "" for others and for native histograms. *more becomes a matcher
 * with a comma in front, or "". */
const char *monitoring_count(const struct monitoring *monitoring,
                             const struct family *family, const char **more);

/* Adds a regular expression for the label `le` of a bound, which formats and
 * versions write differently. */
void monitoring_bound(double bound, struct strbuf *out);

#endif
