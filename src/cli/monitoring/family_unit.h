/* family_unit: derives units and labels for a dashboard from a family's name,
 * unit, help and labels. */
#ifndef TALLYMAN_CLI_MONITORING_FAMILY_UNIT_H
#define TALLYMAN_CLI_MONITORING_FAMILY_UNIT_H

#include <stdbool.h>

#include "metrics/registry.h"

/* Grafana's name for the family's unit, and for that of its rate. */
const char *family_unit(const struct family *family);
const char *family_rate_unit(const struct family *family);

/* The name of a family's label in Prometheus, where labels of the node win over
 * labels of the same name (honor_labels: false). */
const char *series_label(const char *label);

/* The label with the most values, to break the family down by, but not
 * `except`; NULL if there is none. */
const char *family_main_label(const struct family *family, const char *except);

/* Whether the family has a label of that name, before series_label. */
bool family_has_label(const struct family *family, const char *name);

/* Whether the label is closed and permits the value. */
bool family_has_value(const struct family *family, const char *label,
                      const char *value);

/* Whether the family's name begins with the prefix. */
bool family_begins(const struct family *family, const char *prefix);

#endif
