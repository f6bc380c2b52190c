/* family_values: the values of a family in templates. */
#ifndef TALLYMAN_CLI_MONITORING_FAMILY_VALUES_H
#define TALLYMAN_CLI_MONITORING_FAMILY_VALUES_H

#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/value_list.h"

/* The columns of a dashboard. */
enum { GRID_WIDTH = 24 };

/* How many values family_values_add adds at most. */
enum { FAMILY_VALUES_MAX = 66 };

/* A gauge of how full something is, by its name. */
bool family_saturates(const struct family *family);

/* Adds the family's values:
 *
 *   name, base           the latter without the _total of a counter
 *   help, heading        `name: help` without the full stop
 *   total, value, observations, buckets
 *                        its shape, see metrics/type.h
 *   falls, sums          the sum of observations may fall; or may not
 *   pushed, recorded     has a total or buckets; has sums over nodes
 *   count, count_more    the series that counts events; what that must match
 *   exemplars            it has some that lead to traces
 *   native               it is a native histogram
 *   of_count, of_sum, sum, end_of
 *                        what makes the count and the sum of it, around a rate
 *                        of ${count} or ${sum}
 *   created              its births, for a counter that OpenMetrics calls one
 *   gauge_rule, gauge_op the rule for sums over nodes (none for a last value),
 *                        and what a dashboard takes
 *   error_label, error_values, own_errors
 *                        see family_role; no counter has the same errors
 *   latency, objective, target, target_bound, vital, title, poor, poor_bound,
 *   poor_above, both_bounds
 *                        see family_role; bounds are regular expressions
 *   lone_errors, saturates, page_views, navigation, step, rest
 *                        what boards take it for; step is a name
 *   unit, rate_unit, vital_unit, odd_unit, in_seconds
 *                        as Grafana calls it; odd where a graph has seconds
 *   label, label_but_page, ranks, page, phase, load
 *                        its main label; the labels to rank by; those it has
 */
void family_values_add(struct value_list *list,
                       const struct monitoring *monitoring,
                       const struct family *family);

#endif
