/* JSON: json-c reads every text that the scan accepts, and each value has a
 * place. */
#include <assert.h>
#include <stdbool.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static int see(void *context, const char *path, size_t offset, bool repeated) {
    const size_t *len = context;
    assert(path && offset < *len);
    return repeated;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    const char *text = (const char *)bytes;
    struct json_object *document;
    struct err err = {.code = ERR_NONE};
    if (json_read(text, len, &document, &err) == 0) {
        assert(json_walk(text, len, see, &len, &err) == 0);
        json_free(document);
        return 0;
    }
    assert(err.code == ERR_SYNTAX && err.line > 0 && err.column > 0);
    if (json_read_repeats(text, len, &document, &err) == 0) {
        assert(json_walk(text, len, see, &len, &err) == 1);
        json_free(document);
    }
    return 0;
}
