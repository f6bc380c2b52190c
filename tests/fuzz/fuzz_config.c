/* A configuration file: it is loaded with every number in its range, or refused
 * with a message. The files named in tests/data/config/ok are in its directory.
 */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "endpoints/telemetry.h"
#include "sessions/families.h"
#include "text_file.h"

static const char *const neighbours[] = {
    "metrics.d", "some.d", "sessions.d", "tokens", "push-tokens", "hash-key"};
enum { NEIGHBOURS = sizeof(neighbours) / sizeof(neighbours[0]) };
static char links[NEIGHBOURS][PATH_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void remove_links(void) {
    for (size_t i = 0; i < NEIGHBOURS; i++)
        (void)unlink(links[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const unsigned char nothing = 0;
    const char *file = text_file("tallyman.json", &nothing, 0);
    int directory = (int)(strrchr(file, '/') - file);
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        char near[PATH_MAX];
        char target[PATH_MAX];
        (void)snprintf(near, sizeof(near), "tests/data/config/ok/%s",
                       neighbours[i]);
        (void)snprintf(links[i], sizeof(links[i]), "%.*s/%s", directory, file,
                       neighbours[i]);
        assert(realpath(near, target) && symlink(target, links[i]) == 0);
    }
    assert(atexit(remove_links) == 0);
    return 0;
}

static void check_counts(const struct config *config) {
    for (const struct config_key *key = config_keys; key->name; key++) {
        long long count;
        if (key->kind != CONFIG_COUNT)
            continue;
        memcpy(&count, (const char *)config + key->offset, sizeof(count));
        assert(count >= key->min && count <= key->max);
    }
}

static void check_config(struct config *config) {
    assert(config->database && config->metrics);
    check_counts(config);
    for (size_t i = 0; i < registry_count(&config->registry); i++)
        assert(
            !config_name_reserved(config, config->registry.families[i]->name));
    assert(telemetry_register(&config->registry) == 0);
    assert(session_families_register(config) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct watch watch = {.count = 0};
    struct diagnostics diagnostics = {.count = 0};
    struct config *config = config_load(text_file("tallyman.json", bytes, len),
                                        &watch, &diagnostics);
    assert(config ? diagnostics.count == 0 : diagnostics.text.len > 0);
    if (config)
        check_config(config);
    config_release(config);
    diagnostics_free(&diagnostics);
    watch_free(&watch);
    return 0;
}
