/* rules_table: the current state of the rules and their alerts. */
#ifndef TALLYMAN_CLI_ALERT_RULES_TABLE_H
#define TALLYMAN_CLI_ALERT_RULES_TABLE_H

#include <stdbool.h>

#include "alert/run.h"
#include "base/strbuf.h"

/* Appends a row for each alert, and for each rule without alerts, as JSON or as
 * a table followed by the errors. Call it between reader_begin and reader_end.
 */
int rules_table_write(const struct alert_results *results,
                      struct reader *reader, bool json, bool utf8,
                      struct strbuf *out, struct err *err);

#endif
