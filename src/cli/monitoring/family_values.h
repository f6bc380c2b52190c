/* family_values: the values of a family in templates. */
#ifndef TALLYMAN_CLI_MONITORING_FAMILY_VALUES_H
#define TALLYMAN_CLI_MONITORING_FAMILY_VALUES_H

#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/value_list.h"

/* The columns of a dashboard. */
enum { GRID_WIDTH = 24 };

/* The maximum number of values that family_values_add adds. */
enum { FAMILY_VALUES_MAX = 66 };

/* Whether the name is that of a gauge of utilization. */
bool family_saturates(const struct family *family);

/* Adds the family's values:
 *
 *   name, base           the latter without the _total of a counter
 *   help, heading        `name: help` without the full stop
 *   total, value, observations, buckets
 *                        its shape, see metrics/type.h
 *   falls, sums          the sum of observations may fall; it may not
 *   pushed, recorded     has a total or buckets; has sums over nodes
 *   count, count_more    the series that counts events; its matchers
 *   exemplars            it has exemplars that link to traces
 *   native               it is a native histogram
 *   of_count, of_sum, sum, end_of
 *                        the text around a rate of ${count} or ${sum} that
 *                        makes it the count or the sum
 *   created              the series of its births; not of a counter without
 *                        _total, which OpenMetrics calls unknown
 *   gauge_rule, gauge_op the rule for sums over nodes (none for a last value),
 *                        and that of dashboards
 *   error_label, error_values, own_errors
 *                        see family_role; own_errors: no counter counts the
 *                        same errors
 *   latency, objective, target, target_bound, vital, title, poor, poor_bound,
 *   poor_above, both_bounds
 *                        see family_role; bounds are regular expressions
 *   lone_errors, saturates, page_views, navigation, step, rest
 *                        its uses on boards; step is a name
 *   unit, rate_unit, vital_unit, odd_unit, in_seconds
 *                        Grafana's names; odd in a graph of seconds
 *   label, label_but_page, ranks, page, phase, load
 *                        its main label; the labels to rank by; its labels
 */
void family_values_add(struct value_list *list,
                       const struct monitoring *monitoring,
                       const struct family *family);

#endif
