/* html: a report as one file for browsers and mail programs: with inline styles
 * and attributes only, and complete without the styles and the plots. */
#ifndef TALLYMAN_CLI_REPORT_HTML_H
#define TALLYMAN_CLI_REPORT_HTML_H

#include "base/strbuf.h"
#include "cli/report/report.h"

/* Appends the report. */
void html_write(const struct report *report, struct strbuf *out);

#endif
