/* family_unit: what a family's name, unit, help and labels tell a dashboard. */
#ifndef TALLYMAN_CLI_MONITORING_FAMILY_UNIT_H
#define TALLYMAN_CLI_MONITORING_FAMILY_UNIT_H

#include <stdbool.h>

#include "metrics/registry.h"

/* Grafana's name for the unit of what the family measures, and of its rate. */
const char *family_unit(const struct family *family);
const char *family_rate_unit(const struct family *family);

/* The name of a family's label in Prometheus, where labels of the node win over
 * labels of the same name (honor_labels: false). */
const char *series_label(const char *label);

/* The label with the most values, to break the family down by; never `except`;
 * NULL without one. */
const char *family_main_label(const struct family *family, const char *except);

/* A label of that name; by its own name, not that of its series. */
bool family_has_label(const struct family *family, const char *name);

/* The label is closed and permits the value. */
bool family_has_value(const struct family *family, const char *label,
                      const char *value);

/* The name begins with prefix. */
bool family_begins(const struct family *family, const char *prefix);

#endif
