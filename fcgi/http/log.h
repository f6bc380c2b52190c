/* log: lines for the person who runs the server, on standard error. */
#ifndef TALLYMAN_HTTP_LOG_H
#define TALLYMAN_HTTP_LOG_H

/* One line each, `tallyman: error: ...`, `tallyman: warning: ...` and
 * `tallyman: ...`. */
typedef void log_function(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
log_function log_error, log_warning, log_note;

/* Logs each line of text, which may be NULL, with one of these. */
void log_each(const char *text, log_function *log);

/* A line of another form, with its line feed. */
void log_raw(const char *line);

#endif
