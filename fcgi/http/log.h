/* log: lines for the person who runs the server, on standard error. */
#ifndef TALLYMAN_HTTP_LOG_H
#define TALLYMAN_HTTP_LOG_H

/* One line each, `tallyman: error: ...`, `tallyman: warning: ...` and
 * `tallyman: ...`. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs each line of text as one of the above. */
void log_errors(const char *text);
void log_warnings(const char *text);
void log_notes(const char *text);

/* A line of another form, with its line feed. */
void log_raw(const char *line);

#endif
