#include "http/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One write per line: lines of several responders do not mix. */
static void log_line(const char *level, const char *format, va_list args) {
    char line[1024];
    int start = snprintf(line, sizeof(line), "tallyman: %s", level);
    int len =
        vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, args);
    size_t used = (size_t)start + (len > 0 ? (size_t)len : 0);
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return; /* the failure cannot be reported anywhere */
}

void log_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_line("error: ", format, args);
    va_end(args);
}

void log_warning(const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_line("warning: ", format, args);
    va_end(args);
}

void log_note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_line("", format, args);
    va_end(args);
}

void log_each(const char *text, log_function *log) {
    while (text && *text) {
        int len = (int)strcspn(text, "\n");
        log("%.*s", len, text);
        text += len + (text[len] == '\n');
    }
}

void log_raw(const char *line) {
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return; /* the failure cannot be reported anywhere */
}
