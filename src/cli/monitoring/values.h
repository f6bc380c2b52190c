/* values: the values of the templates. */
#ifndef TALLYMAN_CLI_MONITORING_VALUES_H
#define TALLYMAN_CLI_MONITORING_VALUES_H

#include "base/arena.h"
#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/template.h"

/* Returns the values of a set-up; the last one has no name. Each word of an
 * option has a value, such as storage_mimir, which is "yes" if the word is
 * chosen. They live as long as the arena and the monitoring; NULL when memory
 * ran out. */
const struct template_value *values_of(const struct monitoring *monitoring,
                                       struct arena *arena);

#endif
