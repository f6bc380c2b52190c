#include "config/faro_config.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The length of KEY in KEY=APP; 0 if it is missing. */
static size_t key_length(const char *entry) {
    const char *equals = strrchr(entry, '=');
    return equals ? (size_t)(equals - entry) : 0;
}

static bool is_entry(const char *entry) {
    size_t len = key_length(entry);
    if (len == 0 || len > FARO_KEY_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (entry[i] <= ' ' || entry[i] > '~')
            return false;
    for (const char *c = entry + len + 1; *c; c++)
        if ((unsigned char)*c < ' ')
            return false;
    len = strlen(entry + len + 1);
    return len > 0 && len <= FARO_APP_MAX;
}

static bool same_key(const char *a, const char *b) {
    size_t len = key_length(a);
    return len == key_length(b) && memcmp(a, b, len) == 0;
}

static bool is_repeated(const struct string_list *apps, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (same_key(apps->strings[i], apps->strings[index]))
            return true;
    return false;
}

void faro_config_check(const struct faro_config *faro,
                       const struct source *source,
                       struct diagnostics *diagnostics) {
    for (size_t i = 0; i < faro->apps.count; i++) {
        const char *entry = faro->apps.strings[i];
        char key[64];
        char shown[100];
        (void)snprintf(key, sizeof(key), "faro.apps[%zu]", i);
        utf8_show(entry, strlen(entry), shown, sizeof(shown));
        if (!is_entry(entry))
            diagnose(diagnostics, source, key,
                     "is \"%s\", must be KEY=APP, such as \"9f31c2=shop\": a "
                     "key of at most %d printable ASCII characters without "
                     "spaces, and a name of at most %d bytes",
                     shown, FARO_KEY_MAX, FARO_APP_MAX);
        else if (is_repeated(&faro->apps, i))
            diagnose(
                diagnostics, source, key,
                "is \"%s\", whose key is already listed, must have another key",
                shown);
    }
    if (faro->require_key && faro->apps.count == 0)
        diagnose(diagnostics, source, "faro.require_key",
                 "is true, but there are no keys: `faro.apps` must list one, "
                 "such as \"9f31c2=shop\"");
}

const char *faro_config_app(const struct faro_config *faro, const char *key) {
    size_t len = strlen(key);
    for (size_t i = 0; i < faro->apps.count && len > 0; i++) {
        const char *entry = faro->apps.strings[i];
        if (key_length(entry) == len && memcmp(entry, key, len) == 0)
            return entry + len + 1;
    }
    return NULL;
}
