/* dashboard_panel: a panel as Grafana's JSON. */
#ifndef TALLYMAN_CLI_MONITORING_DASHBOARD_PANEL_H
#define TALLYMAN_CLI_MONITORING_DASHBOARD_PANEL_H

#include "cli/monitoring/dashboard.h"

/* The data source that is selected until somebody takes another one. */
#define DASHBOARD_SOURCE_UID "tallyman"

/* Writes the member `datasource`: what the variable of that name says. */
void dashboard_write_source(struct json_writer *json);

/* Writes a panel, with its upper left corner at x, y. */
void panel_write(struct json_writer *json, const struct panel *panel,
                 unsigned id, int x, int y);

#endif
