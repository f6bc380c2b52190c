/* metric: the values that series may have, and the names. */
#ifndef TALLYMAN_METRICS_METRIC_H
#define TALLYMAN_METRICS_METRIC_H

#include <stdbool.h>
#include <stddef.h>

/* The most that a push may add to a counter, or to a sum, and the most that a
 * total gets: it saturates there, so no push makes it infinite. */
#define METRIC_VALUE_MAX 1e100

/* value, or the end of -METRIC_VALUE_MAX..METRIC_VALUE_MAX that it is beyond;
 * NaN stays. */
double metric_value_clamp(double value);

/* How values for the same gauge series are merged. */
enum gauge_rule { GAUGE_LAST, GAUGE_MAX, GAUGE_MIN, GAUGE_SUM };

/* "last", "max", "min" or "sum". */
const char *gauge_rule_name(enum gauge_rule rule);

/* False when name[0..len) is none of them. */
bool gauge_rule_parse(const char *name, size_t len, enum gauge_rule *rule);

/* What next makes of current under the rule. NaN is no value: any number takes
 * its place, and only GAUGE_LAST puts it in the place of a number. A sum is
 * clamped. */
double gauge_merge(enum gauge_rule rule, double current, double next);

/* The longest name of a family or a label, in bytes. */
enum { FAMILY_NAME_MAX = 200 };

/* What is wrong with a name: its characters; that it begins with __, as the
 * names do that Prometheus gives (__name__); or its length. */
enum name_fault { NAME_FINE, NAME_MALFORMED, NAME_RESERVED, NAME_LONG };

/* Of the name of a family that is listed or pushed, and of a label. */
enum name_fault metric_name_fault(const char *name, size_t len);
enum name_fault label_name_fault(const char *name, size_t len);

/* A name that the responder gives its own families, or that their series have
 * in one of the formats. What the browser client says of itself,
 * tallyman_client_*, is pushed like any other family. */
bool metric_name_reserved(const char *name);

/* What a scrape says of each group of pushes, as the Pushgateway does: when one
 * was last taken, and when one was last refused. */
#define METRIC_PUSH_TIME "push_time_seconds"
#define METRIC_PUSH_FAILURE_TIME "push_failure_time_seconds"

/* One of the two, or a name beside them. */
bool metric_name_of_groups(const char *name);

/* A name of the families that count Grafana sessions, or one beside them. */
bool metric_name_of_sessions(const char *name);

/* [a-zA-Z_:][a-zA-Z0-9_:]* (exposition format 0.0.4). */
bool metric_name_valid(const char *name, size_t len);

/* [a-zA-Z_][a-zA-Z0-9_]* (exposition format 0.0.4). */
bool label_name_valid(const char *name, size_t len);

#endif
