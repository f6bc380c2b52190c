/* dashboard: makes a Grafana dashboard (JSON model, schema version 42) from a
 * json_template. Panels follow each other from left to right and from top to
 * bottom, in the width and height of their gridPos. The panels of a row are in
 * its `panels`, as in a collapsed row; a row without panels is left out. A
 * panel with the id 0 gets an id, queries get the letters A to Z, columns of
 * tables their names. A query of a family with exemplars requests them. */
#ifndef TALLYMAN_CLI_MONITORING_DASHBOARD_H
#define TALLYMAN_CLI_MONITORING_DASHBOARD_H

#include "base/arena.h"
#include "cli/monitoring/template.h"

/* Appends the dashboard that the template text[0..len) of the file makes of the
 * values. Returns -1 with err set, see json_template_expand. */
int dashboard_expand(const char *file, const char *text, size_t len,
                     const struct template_scope *scope, struct arena *arena,
                     struct strbuf *out, struct err *err);

#endif
