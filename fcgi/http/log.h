/* log: lines for the operator, on standard error. */
#ifndef TALLYMAN_HTTP_LOG_H
#define TALLYMAN_HTTP_LOG_H

/* One line each, `tallyman: error: ...`, `tallyman: warning: ...` and
 * `tallyman: ...`. */
typedef void log_function(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
log_function log_error, log_warning, log_note;

/* Logs each line of text, which may be NULL, with one of these functions. */
void log_each(const char *text, log_function *log);

/* Writes a complete line, including its line feed, unchanged. */
void log_raw(const char *line);

#endif
