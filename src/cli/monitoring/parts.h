/* parts: each writes its files of the monitoring set-up.
 *
 * The recorded series (rules/recording.yml), for the dashboards. All are
 * without `instance`: sums over the nodes. Names are by base, which is the
 * family's name without _total.
 *
 * With all labels of the family:
 *   total:BASE:rate5m, rate30m, rate1h, rate6h  a counter, per second
 *   total:NAME:sum             a counter's total (NAME with _total); also a
 *                              gauge with the rule sum; nodes that are down
 *                              count for an hour more
 *   total:NAME:max, min        a gauge with that rule
 *   total:NAME_bucket:rate5m, total:NAME_count:rate5m, total:NAME_sum:rate5m
 *   total:NAME:p50, p75, p95, p99  quantiles of a histogram over 5 minutes
 *
 * By (family, service, environment), one series for each family; family is
 * BASE:
 *   family:events:rate5m ... every counter and histogram (W below)
 *   family:errors:rateW      families with a label like status
 *   family:error_ratio:rateW their share, 0 to 1
 *   family:latency:p50, p75, p95, p99  histograms that measure latency
 *   family:latency:target    seconds (or the unit), from family_role
 *   family:latency:objective the share that is to be within it
 *   family:slow_ratio:rateW  the share above the target, 0 to 1
 *   family:error_budget:remaining30d, family:latency_budget:remaining30d
 *                            1 is untouched, 0 used up, below 0 overspent
 * W is 5m, 30m, 1h, 2h, 6h, 1d, 3d. */
#ifndef TALLYMAN_CLI_MONITORING_PARTS_H
#define TALLYMAN_CLI_MONITORING_PARTS_H

#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/output.h"

/* Returns -1 with err set. */
typedef int monitoring_part(const struct monitoring *monitoring,
                            struct output *output, struct err *err);

monitoring_part recording_rules_add;
monitoring_part files_add;
monitoring_part dashboards_add;

#endif
