/* unpack: the text of a pack, and the complete body of a response. */
#ifndef TALLYMAN_TESTS_UNPACK_H
#define TALLYMAN_TESTS_UNPACK_H

#include <stdlib.h>

#include "check.h"
#include "expose/pack.h"
#include "http/response.h"

/* Replaces out. The pack must have announced the length. */
static inline void unpack(const struct pack *pack, struct strbuf *out) {
    struct pack_reading reading = {.at = 0};
    assert_false(pack->parts.failed);
    strbuf_reset(out);
    while (pack_read(pack, &reading, out))
        continue;
    assert_false(out->failed);
    assert_int_equal(out->len, pack->length);
}

/* Replaces a pack, if any, by its text. */
static inline void unpack_body(struct response *response) {
    if (!response->pack)
        return;
    unpack(response->pack, &response->body);
    pack_free(response->pack);
    free(response->pack);
    response->pack = NULL;
}

#endif
