/* monitoring: the options of `tallyman monitoring`. */
#ifndef TALLYMAN_CLI_MONITORING_MONITORING_H
#define TALLYMAN_CLI_MONITORING_MONITORING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/config.h"

/* Strings need no quotes in YAML, PromQL or JSON, except token_file, which may
 * be any path. */
struct monitoring {
    const struct config *config;
    const char *out; /* directory */
    uint64_t chosen; /* bits of the words in templates/CHOICES */
    struct string_list services;
    const char *environment;
    const char *retention;       /* such as 30d */
    bool short_retention;        /* below the 30 days of error budgets */
    const char *scrape_interval; /* such as 15s */
    bool high_availability;
    bool native_histograms;   /* Prometheus converts histograms to these */
    struct string_list nodes; /* host:port, at least one */
    const char *token_file;   /* NULL without a token */
    bool tls;
    bool dry_run;
    bool force;
};

/* Every series of a node has these labels in addition to those of its family:
 * job (tallyman), instance (the node's host:port), environment, and service if
 * the family's name begins with a name of --services and an underscore. */

/* The team for metrics without a service. */
#define MONITORING_TEAM "application"

/* Whether the chosen words set that value, such as stack_prometheus: see
 * templates/CHOICES. */
bool monitoring_has(const struct monitoring *monitoring, const char *name);

/* The length of the family's name without the _total of a counter, as in the
 * names of recorded series and of _created: see family_base_length. */
int monitoring_base(const struct monitoring *monitoring,
                    const struct family *family);

/* Whether graphs link to traces: there is a store of traces, and the data
 * source is a Prometheus that keeps exemplars. */
bool monitoring_has_exemplars(const struct monitoring *monitoring);

/* Whether Prometheus stores the family as a native histogram. */
bool monitoring_is_native(const struct monitoring *monitoring,
                          const struct family *family);

/* The suffix of the series that counts the observations of a histogram or a
 * summary; "" for others and for native histograms. *more becomes a matcher
 * that begins with a comma, or "". */
const char *monitoring_count(const struct monitoring *monitoring,
                             const struct family *family, const char **more);

/* Appends a regular expression for the label `le` of a bound, because formats
 * and versions write bounds differently. */
void monitoring_bound(double bound, struct strbuf *out);

#endif
