/* session_log: log lines of session messages, as logfmt or JSON, with the keys
 * of the panel's own server. */
#ifndef TALLYMAN_ENDPOINTS_SESSION_LOG_H
#define TALLYMAN_ENDPOINTS_SESSION_LOG_H

#include "base/strbuf.h"
#include "config/sessions_config.h"
#include "sessions/message.h"

/* Appends a line with its line feed. labels[0..count), sorted, come from
 * session_labels_permit; time is in Unix seconds. Values are quoted and
 * escaped: none can end the line, add a key, or change a terminal's state.
 * Appends nothing with SESSION_LOG_OFF. */
void session_log_write(enum session_log_format format,
                       const struct session_message *message, double time,
                       const struct label *labels, size_t count,
                       struct strbuf *out);

#endif
