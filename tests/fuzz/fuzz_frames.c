/* The FastCGI records of a request: the verdict is the same at once and byte by
 * byte, and nothing beyond them is read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/params.h"
#include "process/record_walk.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

/* Walks a copy, so that a read beyond it is seen. */
static enum record_state walk_to(struct record_walk *walk,
                                 const unsigned char *bytes, size_t len) {
    unsigned char *copy = malloc(len > 0 ? len : 1);
    assert(copy);
    memcpy(copy, bytes, len);
    enum record_state state = record_walk(walk, copy, len);
    free(copy);
    return state;
}

static void check_params(const struct record_walk *walk,
                         const unsigned char *bytes, size_t len) {
    struct strbuf params = {0};
    struct arena arena = {0};
    assert(record_params(walk, bytes, len, &params));
    assert(params.len == walk->params_len && params.len <= 65536);
    (void)params_read((const unsigned char *)params.data, params.len, &arena);
    arena_free(&arena);
    strbuf_free(&params);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct record_walk whole = {0};
    struct record_walk steps = {0};
    enum record_state at_once = walk_to(&whole, bytes, len);
    enum record_state state = RECORDS_INCOMPLETE;
    if (len > 4096)
        return 0;
    for (size_t i = 1; i <= len && state == RECORDS_INCOMPLETE; i++)
        state = walk_to(&steps, bytes, i);
    assert(state == at_once);
    if (state == RECORDS_COMPLETE) {
        assert(steps.next == whole.next && steps.next <= len);
        check_params(&whole, bytes, len);
    }
    return 0;
}
