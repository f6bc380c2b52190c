/* Configurations: tests/data/config/ok are loaded, and what they set is beside
 * them; tests/data/config/bad are refused with exactly the
 * errors beside them, of all files at once. */
#include "config/config.h"

#include <fcntl.h>

#include "config_fixture.h"
#include "corpus.h"
#include "scratch.h"

/* The keys that are not at their defaults, and what became of them. */
static void dump_config(const char *path, const struct config *config,
                        struct strbuf *out) {
    struct config defaults = {.database = NULL};
    struct diagnostics diagnostics = {.count = 0};
    const struct sessions_config *sessions = &config->sessions;
    config_keys_preset(config_keys, path, &defaults, &defaults.arena,
                       &diagnostics);
    keys_write(config, &defaults, out);
    arena_free(&defaults.arena);
    if (config->scrape_token)
        strbuf_printf(out, "scrape token %s\n", config->scrape_token);
    for (size_t i = 0; i < config->push_token_count; i++) {
        const struct push_token *token = &config->push_tokens[i];
        strbuf_printf(out, "push token \"%s\"", token->token);
        for (size_t k = 0; k < token->families.count; k++)
            strbuf_printf(out, " \"%s\"", token->families.strings[k]);
        strbuf_add_char(out, '\n');
    }
    if (sessions->hash_key_len > 0)
        strbuf_printf(out, "hash key %zu", sessions->hash_key_len);
    for (size_t i = 0; i < sessions->hash_key_len; i++)
        strbuf_printf(out, " %02x", (unsigned char)sessions->hash_key[i]);
    strbuf_add_string(out, sessions->hash_key_len > 0 ? "\n" : "");
    if (config->open_families)
        strbuf_printf(out, "room for %zu families, %zu series\n",
                      config->registry.open_families_max,
                      config->registry.open_series_max);
    for (size_t i = 0; i < registry_count(&config->registry); i++)
        strbuf_printf(out, "family %s\n", config->registry.families[i]->name);
}

struct loaded {
    struct config *config;
    struct watch watch;
    struct diagnostics diagnostics;
};

static struct loaded load(const char *path) {
    struct loaded loaded = {.config = NULL};
    loaded.config = config_load(path, &loaded.watch, &loaded.diagnostics);
    return loaded;
}

static const char *errors(const struct loaded *loaded) {
    return loaded->diagnostics.text.data ? loaded->diagnostics.text.data : "";
}

static void unload(struct loaded *loaded) {
    config_release(loaded->config);
    watch_free(&loaded->watch);
    diagnostics_free(&loaded->diagnostics);
}

static void test_ok(void **state) {
    struct strbuf dump = {0};
    struct loaded loaded = load(*state);
    assert_string_equal(errors(&loaded), "");
    assert_non_null(loaded.config);
    dump_config(*state, loaded.config, &dump);
    corpus_expect(*state, ".out", &dump);
    strbuf_free(&dump);
    unload(&loaded);
}

static void test_bad(void **state) {
    struct loaded loaded = load(*state);
    assert_null(loaded.config);
    corpus_expect(*state, ".err", &loaded.diagnostics.text);
    unload(&loaded);
}

static void test_no_file(void **state) {
    struct loaded loaded = load("tests/data/config/no-such-file.json");
    (void)state;
    assert_null(loaded.config);
    assert_string_equal(errors(&loaded),
                        "tests/data/config/no-such-file.json: cannot be "
                        "opened: No such file or directory\n");
    unload(&loaded);
}

/* The words of a choice stand for what the code calls them. */
static void test_choices(void **state) {
    struct loaded loaded = load("tests/data/config/ok/full.json");
    (void)state;
    assert_int_equal(loaded.config->durability, DURABILITY_POWER);
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_ON);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_LOGFMT);
    unload(&loaded);
    loaded = load("tests/data/config/ok/sessions.json");
    assert_int_equal(loaded.config->durability, DURABILITY_PROCESS);
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_HASH);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_JSON);
    unload(&loaded);
    loaded = load("tests/data/config/ok/least.json");
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_OFF);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_OFF);
    unload(&loaded);
}

/* The sample that is installed must load as it is. */
static void test_sample(void **state) {
    struct loaded loaded = load("fcgi/tallyman.json");
    (void)state;
    assert_string_equal(errors(&loaded), "");
    assert_non_null(loaded.config);
    assert_string_equal(loaded.config->database,
                        "/var/lib/tallyman/tallyman.db");
    /* app.json, demo.json, faro.json, performance_timing.json, traces.json,
     * web.json */
    assert_int_equal(registry_count(&loaded.config->registry),
                     3 + 10 + 2 + 17 + 2 + 14);
    unload(&loaded);
}

static void write_good(void) {
    assert_int_equal(mkdir(scratch_path("metrics.d"), 0700), 0);
    scratch_write("token", "secret\n");
    scratch_write("key", "the key of the hashes\n");
    scratch_write("tallyman.json",
                  "{\"database\": \"a.db\",\n"
                  "\"scrape_token_file\": \"token\",\n"
                  "\"sessions\": {\"hash_key_file\": \"key\"}}\n");
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": []}\n");
    scratch_write("metrics.d/notes.txt", "not an allowlist\n");
    scratch_write("metrics.d/.hidden.json", "neither is this\n");
    /* So that the next change falls on another tick of the file system. */
    static const struct timespec long_ago[2] = {{.tv_sec = 1000000000},
                                                {.tv_sec = 1000000000}};
    assert_int_equal(
        utimensat(AT_FDCWD, scratch_path("metrics.d"), long_ago, 0), 0);
}

/* A change to anything that was read is seen, and to nothing else. */
static void test_watch(void **state) {
    static const struct {
        const char *name;
        const char *text; /* NULL: the file is removed */
        bool seen;
    } changes[] = {
        {"tallyman.json", "{\"database\": \"b.db\"}\n", true},
        {"metrics.d/a.json", "{}\n", true},
        {"metrics.d/a.json", NULL, true},
        {"metrics.d/b.json", "{\"allowedMetrics\": []}\n", true},
        {"token", "another secret\n", true},
        {"token", NULL, true},
        {"key", "the next key of the hashes\n", true},
        {"metrics.d/notes.txt", "still not an allowlist\n", false},
        {"a.db", "", false},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (i > 0)
            assert_int_equal(scratch_make(state), 0);
        write_good();
        struct loaded loaded = load(scratch_path("tallyman.json"));
        assert_string_equal(errors(&loaded), "");
        assert_false(watch_changed(&loaded.watch));
        if (changes[i].text)
            scratch_write(changes[i].name, changes[i].text);
        else
            assert_int_equal(unlink(scratch_path(changes[i].name)), 0);
        if (watch_changed(&loaded.watch) != changes[i].seen)
            fail_msg("%s: %s", changes[i].name,
                     changes[i].seen ? "not seen" : "seen");
        unload(&loaded);
        if (i + 1 < sizeof(changes) / sizeof(changes[0]))
            assert_int_equal(scratch_clear(state), 0);
    }
}

static uint64_t hash_of_good(void) {
    struct loaded loaded = load(scratch_path("tallyman.json"));
    assert_string_equal(errors(&loaded), "");
    uint64_t hash = loaded.config->hash;
    unload(&loaded);
    return hash;
}

/* The same for the same files, and no secret is in it. */
static void test_hash(void **state) {
    (void)state;
    write_good();
    const uint64_t hash = hash_of_good();
    assert_true(hash > 0 && hash < (uint64_t)1 << 52);
    scratch_write("token", "another\n");
    scratch_write("key", "the next key of the hashes\n");
    scratch_write("metrics.d/notes.txt", "still not an allowlist\n");
    assert_int_equal(hash_of_good(), hash);
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": [] }\n");
    assert_int_not_equal(hash_of_good(), hash);
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": []}\n");
    assert_int_equal(hash_of_good(), hash);
    scratch_write("tallyman.json",
                  "{\"database\": \"b.db\",\n"
                  "\"scrape_token_file\": \"token\",\n"
                  "\"sessions\": {\"hash_key_file\": \"key\"}}\n");
    assert_int_not_equal(hash_of_good(), hash);
}

/* What could not be read is watched as well, so that mending it is seen. */
static void test_watch_after_failure(void **state) {
    (void)state;
    struct loaded loaded = load(scratch_path("tallyman.json"));
    assert_null(loaded.config);
    assert_false(watch_changed(&loaded.watch));
    write_good();
    assert_true(watch_changed(&loaded.watch));
    unload(&loaded);
    scratch_write("metrics.d/a.json", "{\n");
    loaded = load(scratch_path("tallyman.json"));
    assert_null(loaded.config);
    assert_false(watch_changed(&loaded.watch));
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": []}\n");
    assert_true(watch_changed(&loaded.watch));
    unload(&loaded);
}

static void test_holders(void **state) {
    struct loaded loaded = load("tests/data/config/ok/least.json");
    (void)state;
    assert_ptr_equal(config_hold(loaded.config), loaded.config);
    config_release(loaded.config);
    assert_string_equal(loaded.config->database,
                        "tests/data/config/ok/least.db");
    unload(&loaded);
}

int main(void) {
    static struct CMUnitTest tests[100] = {
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_sample),
        cmocka_unit_test_setup_teardown(test_watch, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_watch_after_failure, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_hash, scratch_make, scratch_clear),
        cmocka_unit_test(test_holders),
    };
    const size_t room = sizeof(tests) / sizeof(tests[0]);
    size_t count = 7;
    count = corpus_add("tests/data/config/ok", test_ok, tests, count, room);
    count = corpus_add("tests/data/config/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("config", tests, count, NULL, NULL);
}
