/* Configurations: tests/data/config/ok are loaded with exactly the settings
 * beside them; tests/data/config/bad are refused with exactly the errors beside
 * them, for all files at once. */
#include "config/config.h"

#include <fcntl.h>

#include "config_fixture.h"
#include "corpus.h"
#include "scratch.h"

static void dump_tokens(const char *what, const struct push_token *tokens,
                        size_t count, struct strbuf *out) {
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "%s token \"%s\"", what, tokens[i].token);
        for (size_t k = 0; k < tokens[i].families.count; k++)
            strbuf_printf(out, " \"%s\"", tokens[i].families.strings[k]);
        strbuf_add_char(out, '\n');
    }
}

/* Writes the keys that differ from their defaults, with their values. */
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
    dump_tokens("push", config->push_tokens, config->push_token_count, out);
    dump_tokens("view", config->view_tokens.tokens, config->view_tokens.count,
                out);
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

/* Each word of a choice yields its enumerator. */
static void test_choices(void **state) {
    struct loaded loaded = load("tests/data/config/ok/full.json");
    (void)state;
    assert_int_equal(loaded.config->durability, DURABILITY_POWER);
    assert_int_equal(loaded.config->view, VIEW_PUBLIC);
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_ON);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_LOGFMT);
    unload(&loaded);
    loaded = load("tests/data/config/ok/sessions.json");
    assert_int_equal(loaded.config->durability, DURABILITY_PROCESS);
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_HASH);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_JSON);
    unload(&loaded);
    loaded = load("tests/data/config/ok/least.json");
    assert_int_equal(loaded.config->view, VIEW_TOKEN);
    assert_int_equal(loaded.config->sessions.user_labels, USER_LABELS_OFF);
    assert_int_equal(loaded.config->sessions.log, SESSION_LOG_OFF);
    unload(&loaded);
}

/* The installed sample loads unchanged. */
static void test_installed_sample_loads(void **state) {
    struct loaded loaded = load("fcgi/tallyman.json");
    (void)state;
    assert_string_equal(errors(&loaded), "");
    assert_non_null(loaded.config);
    assert_string_equal(loaded.config->database,
                        "/var/lib/tallyman/tallyman.db");
    /* app.json, demo.json, faro.json, performance_timing.json, traces.json,
     * web.json */
    assert_int_equal(registry_count(&loaded.config->registry),
                     3 + 10 + 2 + 17 + 2 + 15);
    unload(&loaded);
}

static void write_good(void) {
    assert_int_equal(mkdir(scratch_path("metrics.d"), 0700), 0);
    scratch_write("token", "secret\n");
    scratch_write("view", "the-token-of-the-page\n");
    scratch_write("key", "the key of the hashes\n");
    scratch_write("tallyman.json",
                  "{\"database\": \"a.db\",\n"
                  "\"scrape_token_file\": \"token\",\n"
                  "\"view_token_file\": \"view\",\n"
                  "\"sessions\": {\"hash_key_file\": \"key\"}}\n");
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": []}\n");
    scratch_write("metrics.d/notes.txt", "not an allowlist\n");
    scratch_write("metrics.d/.hidden.json", "neither is this\n");
    /* The next change must fall on another tick of the file system. */
    static const struct timespec long_ago[2] = {{.tv_sec = 1000000000},
                                                {.tv_sec = 1000000000}};
    assert_int_equal(
        utimensat(AT_FDCWD, scratch_path("metrics.d"), long_ago, 0), 0);
}

/* Changes to the files read are detected, and no others. */
static void test_change_to_a_read_file_is_seen(void **state) {
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
        {"view", "another-token-of-the-page\n", true},
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

/* The hash depends only on the configuration and the allowlist, not on
 * secrets. */
static void test_hash(void **state) {
    (void)state;
    write_good();
    const uint64_t hash = hash_of_good();
    assert_true(hash > 0 && hash < (uint64_t)1 << 52);
    scratch_write("token", "another\n");
    scratch_write("view", "another-token-of-the-page\n");
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
                  "\"view_token_file\": \"view\",\n"
                  "\"sessions\": {\"hash_key_file\": \"key\"}}\n");
    assert_int_not_equal(hash_of_good(), hash);
}

/* SQL queries of all files, in order; a change to one changes the hash. */
static void test_queries(void **state) {
    (void)state;
    write_good();
    scratch_write("metrics.d/a.json",
                  "{\"queries\": [{\"name\": \"one\", \"help\": \"h\", "
                  "\"type\": \"gauge\", \"sql\": \"SELECT 1\", "
                  "\"database\": \"shop/shop.db\"}]}\n");
    scratch_write("metrics.d/b.json",
                  "{\"queries\": [{\"name\": \"two\", \"help\": \"h\", "
                  "\"type\": \"counter\", \"sql\": \"SELECT 2\"}]}\n");
    struct loaded loaded = load(scratch_path("tallyman.json"));
    assert_string_equal(errors(&loaded), "");
    const struct sql_query_list *list = &loaded.config->sql_queries;
    assert_int_equal(list->count, 2);
    assert_string_equal(list->queries[0].family->name, "one");
    assert_string_equal(list->queries[0].database,
                        scratch_path("shop/shop.db"));
    assert_string_equal(list->queries[1].family->name, "two");
    assert_null(list->queries[1].database);
    assert_ptr_equal(registry_find(&loaded.config->registry, "two", 3),
                     list->queries[1].family);
    const uint64_t hash = loaded.config->hash;
    scratch_write("metrics.d/b.json",
                  "{\"queries\": [{\"name\": \"two\", \"help\": \"h\", "
                  "\"type\": \"counter\", \"sql\": \"SELECT 22\"}]}\n");
    assert_true(watch_changed(&loaded.watch));
    unload(&loaded);
    assert_int_not_equal(hash_of_good(), hash);
}

/* Unreadable files are watched as well, to detect the repair. */
static void test_repair_of_a_bad_file_is_seen(void **state) {
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
        cmocka_unit_test(test_installed_sample_loads),
        cmocka_unit_test_setup_teardown(test_change_to_a_read_file_is_seen,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_repair_of_a_bad_file_is_seen,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_hash, scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_queries, scratch_make,
                                        scratch_clear),
        cmocka_unit_test(test_holders),
    };
    const size_t room = sizeof(tests) / sizeof(tests[0]);
    size_t count = 8;
    count = corpus_add("tests/data/config/ok", test_ok, tests, count, room);
    count = corpus_add("tests/data/config/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("config", tests, count, NULL, NULL);
}
