/* An Accept header: always one of the two formats for Prometheus, and the same
 * one when a type follows that is not offered. */
#include <assert.h>
#include <string.h>

#include "http/accept.h"

enum { HEADER_MAX = 4096 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    char accept[HEADER_MAX + 32];
    if (len > HEADER_MAX)
        return 0;
    memcpy(accept, bytes, len);
    accept[len] = '\0';
    enum exposition_format format = accept_exposition(accept);
    assert(format == EXPOSITION_TEXT || format == EXPOSITION_OPENMETRICS);
    strcat(accept, ",image/png;q=1");
    assert(accept_exposition(accept) == format);
    return 0;
}
