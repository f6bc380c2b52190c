/* An Accept header: always one of the formats for Prometheus, and the same one
 * if an unsupported type comes first. */
#include <assert.h>
#include <string.h>

#include "http/accept.h"

enum { HEADER_MAX = 4096 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    static const char other[] = "image/png;q=1,";
    const size_t other_len = sizeof(other) - 1;
    char accept[HEADER_MAX + sizeof(other)];
    if (len > HEADER_MAX)
        return 0;
    memcpy(accept, other, other_len);
    memcpy(accept + other_len, bytes, len);
    accept[other_len + len] = '\0';
    enum exposition_format format = accept_exposition(accept + other_len);
    assert(format == EXPOSITION_TEXT || format == EXPOSITION_OPENMETRICS ||
           format == EXPOSITION_PROTOBUF);
    assert(accept_exposition(accept) == format);
    return 0;
}
