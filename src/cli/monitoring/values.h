/* values: the values of the templates. */
#ifndef TALLYMAN_CLI_MONITORING_VALUES_H
#define TALLYMAN_CLI_MONITORING_VALUES_H

#include "base/arena.h"
#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/template.h"

/* The values of a set-up, up to one without a name. For each word that an
 * option takes there is one, such as storage_mimir, which is "yes" or missing.
 * They live as long as the arena and the monitoring; NULL when memory ran
 * out. */
const struct template_value *values_of(const struct monitoring *monitoring,
                                       struct arena *arena);

#endif
