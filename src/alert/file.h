/* file: reads the alerts file. */
#ifndef TALLYMAN_ALERT_FILE_H
#define TALLYMAN_ALERT_FILE_H

#include "alert/alerts.h"
#include "config/config.h"
#include "config/diagnostics.h"

/* Reads the file; a missing file has no rules. Families are looked up in
 * config, which includes those of Grafana sessions (see
 * session_families_register). Errors and warnings go to diagnostics. Returns -1
 * after an error. The caller frees alerts with alerts_free, also after a
 * failure. */
int alerts_load(struct alerts *alerts, const char *path,
                const struct config *config, struct diagnostics *diagnostics);

#endif
