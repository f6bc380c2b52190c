/* session_log: what the log says of a session message, as logfmt or JSON, with
 * the keys of the panel's own server. */
#ifndef TALLYMAN_ENDPOINTS_SESSION_LOG_H
#define TALLYMAN_ENDPOINTS_SESSION_LOG_H

#include "base/strbuf.h"
#include "config/sessions_config.h"
#include "sessions/message.h"

/* Appends a line with its line feed; labels[0..count), sorted, are those that
 * session_labels_permit has let pass, and time is in Unix seconds. Values are
 * quoted and escaped so that none can end the line, add a key, or change how
 * the rest of it looks in a terminal. Nothing with SESSION_LOG_OFF. */
void session_log_write(enum session_log_format format,
                       const struct session_message *message, double time,
                       const struct label *labels, size_t count,
                       struct strbuf *out);

#endif
