/* families: the metric families that count Grafana sessions. */
#ifndef TALLYMAN_SESSIONS_FAMILIES_H
#define TALLYMAN_SESSIONS_FAMILIES_H

#include "config/config.h"

/* Adds the families to the registry of the configuration, marked as internal,
 * and fills its session_rules. Does nothing where sessions are not counted.
 * Their names are reserved: see config_name_reserved. Returns -1 when memory
 * ran out. */
int session_families_register(struct config *config);

#endif
