/* A form, and the same text as a Cookie header: nothing beyond it is read, and
 * the decoded text is not longer. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/view_token.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void read_form(const char *text, size_t len) {
    struct form form = {text, text + len};
    struct strbuf name = {0};
    struct strbuf value = {0};
    size_t sum = 0;
    while (form_next(&form, &name, &value)) {
        assert(name.data[name.len] == '\0' && value.data[value.len] == '\0');
        sum += name.len + value.len;
    }
    assert(form.next == form.end && sum <= len);
    strbuf_free(&name);
    strbuf_free(&value);
}

static void read_cookie(const char *text) {
    static const struct config config = {.scrape_token = "secret"};
    const struct string_list *families;
    size_t cookie_len = 0;
    const char *cookie = view_cookie_find(text, &cookie_len);
    if (!cookie)
        return;
    assert(cookie + cookie_len <= text + strlen(text));
    /* A hash cannot be guessed. */
    assert(!view_cookie_check(&config, cookie, cookie_len, &families));
    (void)view_cookie_lives(cookie, cookie_len, 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    /* Exactly as long as the input, so that a read beyond it is seen. */
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    read_cookie(text);
    char *form = realloc(text, len > 0 ? len : 1);
    if (form)
        read_form(form, len);
    free(form ? form : text);
    return 0;
}
