#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, enum err_code code, const char *format, ...) {
    va_list args;
    err->code = code;
    err->line = 0;
    err->column = 0;
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return -1;
}

void err_locate(struct err *err, const char *text, size_t len, size_t offset) {
    err->line = 1;
    err->column = 1;
    for (size_t i = 0; i < len && i < offset; i++) {
        err->column++;
        if (text[i] == '\n') {
            err->line++;
            err->column = 1;
        }
    }
}
