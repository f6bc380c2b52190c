/* The parameters of a FastCGI request: nothing beyond them is read, and each
 * string is terminated. */
#include <assert.h>
#include <string.h>

#include "http/params.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct arena arena = {0};
    char **strings = params_read(bytes, len, &arena);
    for (; strings && *strings; strings++)
        assert(strlen(*strings) < len);
    arena_free(&arena);
    return 0;
}
