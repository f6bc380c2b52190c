/* files: the files of a set-up, from templates/. */
#ifndef TALLYMAN_CLI_MONITORING_FILES_H
#define TALLYMAN_CLI_MONITORING_FILES_H

#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/output.h"

/* Adds the files of templates/MANIFEST whose conditions are true, and prints
 * templates/notes.txt on stderr. Returns -1 with err set. */
int files_add(const struct monitoring *monitoring, struct output *output,
              struct err *err);

#endif
