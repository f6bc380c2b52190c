/* content: fills a weekly report with the sections of the dashboard. */
#ifndef TALLYMAN_CLI_REPORT_CONTENT_H
#define TALLYMAN_CLI_REPORT_CONTENT_H

#include "cli/report/report.h"
#include "cli/report/week.h"
#include "query/query.h"

/* Fills the empty report with the numbers of the week. site and dashboard (the
 * address of the dashboard, or NULL) are copied. Returns -1 with err set, also
 * when there is no history of the week, and sets begin if it begins later; the
 * caller gives report to report_free in either case. */
int content_fill(struct report *report, const struct query_source *source,
                 const struct week *week, const char *site,
                 const char *dashboard, struct err *err);

#endif
