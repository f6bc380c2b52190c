/* A compressed body: at most `max` bytes of it, and the same bytes with a
 * higher limit. */
#include <assert.h>
#include <string.h>

#include "base/gzip.h"

enum { MAX = 100000 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static int inflate_at_most(const unsigned char *bytes, size_t len, size_t max,
                           struct strbuf *out) {
    struct err err = {.code = ERR_NONE};
    strbuf_add_string(out, "before");
    int result = gzip_inflate((const char *)bytes, len, max, out, &err);
    if (result == 0)
        assert(out->len <= strlen("before") + max);
    else
        assert((err.code == ERR_LIMIT || err.code == ERR_SYNTAX) &&
               err.message[0] != '\0');
    assert(memcmp(out->data, "before", strlen("before")) == 0);
    return result;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct strbuf less = {0};
    struct strbuf more = {0};
    if (inflate_at_most(bytes, len, MAX / 2, &less) == 0) {
        assert(inflate_at_most(bytes, len, MAX, &more) == 0);
        assert(less.len == more.len &&
               memcmp(less.data, more.data, less.len) == 0);
    }
    strbuf_free(&less);
    strbuf_free(&more);
    return 0;
}
