/* call_alerts: the alerts file, for a command. */
#ifndef TALLYMAN_CLI_COMMAND_CALL_ALERTS_H
#define TALLYMAN_CLI_COMMAND_CALL_ALERTS_H

#include "alert/alerts.h"
#include "cli/command/call.h"

/* Reads the alerts file of the configuration, which has the families of
 * Grafana sessions. Every error in it is printed, and with warn every warning
 * about it. Returns -1 after an error. The caller gives alerts to alerts_free
 * in either case. */
int call_alerts(const struct call *call, const struct config *config, bool warn,
                struct alerts *alerts);

#endif
