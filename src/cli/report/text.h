/* text: a report for a terminal or a mail, 80 columns wide. */
#ifndef TALLYMAN_CLI_REPORT_TEXT_H
#define TALLYMAN_CLI_REPORT_TEXT_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "cli/report/report.h"

/* Appends the report. Without utf8 it is ASCII, with bars of `#`. */
void text_write(const struct report *report, bool utf8, struct strbuf *out);

#endif
