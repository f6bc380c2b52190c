/* metric: the permitted values and names of metrics. */
#ifndef TALLYMAN_METRICS_METRIC_H
#define TALLYMAN_METRICS_METRIC_H

#include <stdbool.h>
#include <stddef.h>

/* The largest increment of a counter or a sum, and the largest total. Totals
 * saturate there, so no push can make a total infinite. */
#define METRIC_VALUE_MAX 1e100

/* value, limited to -METRIC_VALUE_MAX..METRIC_VALUE_MAX; NaN stays NaN. */
double metric_value_clamp(double value);

/* How values of the same gauge series are merged. */
enum gauge_rule { GAUGE_LAST, GAUGE_MAX, GAUGE_MIN, GAUGE_SUM };

/* "last", "max", "min" or "sum". */
const char *gauge_rule_name(enum gauge_rule rule);

/* False when name[0..len) is not a rule. */
bool gauge_rule_parse(const char *name, size_t len, enum gauge_rule *rule);

/* Merges next into current by the rule. NaN counts as no value: any number
 * replaces it, and it replaces a number only with GAUGE_LAST. A sum is
 * clamped. */
double gauge_merge(enum gauge_rule rule, double current, double next);

/* The longest name of a family or label, in bytes. */
enum { FAMILY_NAME_MAX = 200 };

/* The fault of a name: a character, the prefix __ that Prometheus
 * reserves (__name__), or the length. */
enum name_fault { NAME_FINE, NAME_MALFORMED, NAME_RESERVED, NAME_LONG };

/* Checks the name of a label, or of a listed or pushed family. */
enum name_fault metric_name_fault(const char *name, size_t len);
enum name_fault label_name_fault(const char *name, size_t len);

/* The name is that of one of the responder's own families, or of their series
 * in one of the formats. tallyman_client_*, the families of the browser client,
 * are pushed and not reserved. */
bool metric_name_reserved(const char *name);

/* A scrape shows two times for each group of pushes, as the Pushgateway does:
 * of the last accepted push and of the last refused one. */
#define METRIC_PUSH_TIME "push_time_seconds"
#define METRIC_PUSH_FAILURE_TIME "push_failure_time_seconds"

/* True for one of these two names, also if an underscore and more text
 * follow. */
bool metric_name_of_groups(const char *name);

/* A name with the prefix of the families for Grafana sessions. */
bool metric_name_of_sessions(const char *name);

/* [a-zA-Z_:][a-zA-Z0-9_:]* (exposition format 0.0.4). */
bool metric_name_valid(const char *name, size_t len);

/* [a-zA-Z_][a-zA-Z0-9_]* (exposition format 0.0.4). */
bool label_name_valid(const char *name, size_t len);

#endif
