/* dashboard: a Grafana dashboard (JSON model, schema version 42) from a
 * json_template. Its panels follow each other from left to right and from
 * top to bottom, each as wide and high as its gridPos says; those of a
 * row are in its `panels`, as in a row that is collapsed, and without any of
 * them the row is left out. Panels whose id is
 * 0 get one, queries the letters A to Z, and the
 * columns of tables their names. A query of a family with exemplars
 * asks for them. */
#ifndef TALLYMAN_CLI_MONITORING_DASHBOARD_H
#define TALLYMAN_CLI_MONITORING_DASHBOARD_H

#include "base/arena.h"
#include "cli/monitoring/template.h"

/* Appends the dashboard that text[0..len), a file, makes of the values. Returns
 * -1 with err set, see json_template_expand. */
int dashboard_expand(const char *file, const char *text, size_t len,
                     const struct template_scope *scope, struct arena *arena,
                     struct strbuf *out, struct err *err);

#endif
