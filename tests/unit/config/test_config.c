/* Configurations: tests/data/config/ok are loaded, and what becomes of every
 * setting is beside them; tests/data/config/bad are refused with exactly the
 * errors beside them, of all files at once. */
#include "config/config.h"

#include <fcntl.h>

#include "corpus.h"
#include "scratch.h"

static const char *shown(const char *text) {
    return text ? text : "-";
}

static const char *flag(bool value) {
    return value ? "true" : "false";
}

static void dump_list(const char *name, const struct string_list *list,
                      struct strbuf *out) {
    strbuf_add_string(out, name);
    for (size_t i = 0; i < list->count; i++)
        strbuf_printf(out, " \"%s\"", list->strings[i]);
    strbuf_add_char(out, '\n');
}

static void dump_limits(const struct limits *limits, struct strbuf *out) {
    strbuf_printf(out, "body_bytes %lld\n", limits->body_bytes);
    strbuf_printf(out, "trusted_body_bytes %lld\n", limits->trusted_body_bytes);
    strbuf_printf(out, "samples_per_push %lld\n", limits->samples_per_push);
    strbuf_printf(out, "observations_per_sample %lld\n",
                  limits->observations_per_sample);
    strbuf_printf(out, "label_value_bytes %lld\n", limits->label_value_bytes);
    strbuf_printf(out, "families %lld\n", limits->families);
    strbuf_printf(out, "series %lld\n", limits->series);
    strbuf_printf(out, "batch_id_hours %lld\n", limits->batch_id_hours);
    strbuf_printf(out, "wal_bytes %lld\n", limits->wal_bytes);
}

static void dump_sessions(const struct sessions_config *sessions,
                          struct strbuf *out) {
    static const char *const user_labels[] = {[USER_LABELS_OFF] = "off",
                                              [USER_LABELS_ON] = "on",
                                              [USER_LABELS_HASH] = "hash"};
    static const char *const logs[] = {[SESSION_LOG_OFF] = "off",
                                       [SESSION_LOG_LOGFMT] = "logfmt",
                                       [SESSION_LOG_JSON] = "json"};
    strbuf_printf(out, "sessions enabled %s\n", flag(sessions->enabled));
    strbuf_printf(out, "sessions user_labels %s\n",
                  user_labels[sessions->user_labels]);
    strbuf_printf(out, "sessions hash_key_file %s\n",
                  shown(sessions->hash_key_file));
    strbuf_printf(out, "sessions hash_key %zu", sessions->hash_key_len);
    for (size_t i = 0; i < sessions->hash_key_len; i++)
        strbuf_printf(out, " %02x", (unsigned char)sessions->hash_key[i]);
    strbuf_printf(out, "\nsessions timeout_seconds %lld\n",
                  sessions->timeout_seconds);
    strbuf_printf(out, "sessions keep_hours %lld\n", sessions->keep_hours);
    strbuf_printf(out, "sessions max_series %lld\n", sessions->max_series);
    dump_list("sessions drop_labels", &sessions->drop_labels, out);
    dump_list("sessions variables", &sessions->variables, out);
    strbuf_printf(out, "sessions max_variable_values %lld\n",
                  sessions->max_variable_values);
    strbuf_printf(out, "sessions log %s\n", logs[sessions->log]);
}

static void dump_config(const struct config *config, struct strbuf *out) {
    strbuf_printf(out, "database %s\n", config->database);
    strbuf_printf(out, "durability %s\n",
                  config->durability == DURABILITY_POWER ? "power" : "process");
    strbuf_printf(out, "metrics %s\n", config->metrics);
    strbuf_printf(out, "mount %s\n", shown(config->mount));
    dump_list("origins", &config->origins, out);
    strbuf_printf(out, "scrape_token_file %s\n",
                  shown(config->scrape_token_file));
    strbuf_printf(out, "scrape_token %s\n", shown(config->scrape_token));
    strbuf_printf(out, "push_token_file %s\n", shown(config->push_token_file));
    for (size_t i = 0; i < config->push_token_count; i++) {
        strbuf_printf(out, "push_token \"%s\"", config->push_tokens[i].token);
        dump_list("", &config->push_tokens[i].families, out);
    }
    strbuf_printf(out, "trust_loopback %s\n", flag(config->trust_loopback));
    strbuf_printf(out, "open_families %s, %zu with %zu series\n",
                  flag(config->open_families),
                  config->registry.open_families_max,
                  config->registry.open_series_max);
    dump_list("drop_families", &config->drop_families, out);
    strbuf_printf(out, "respect_gpc %s\n", flag(config->respect_gpc));
    dump_sessions(&config->sessions, out);
    dump_limits(&config->limits, out);
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
    dump_config(loaded.config, &dump);
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

/* The sample that is installed must load as it is. */
static void test_sample(void **state) {
    struct loaded loaded = load("fcgi/tallyman.json");
    (void)state;
    assert_string_equal(errors(&loaded), "");
    assert_non_null(loaded.config);
    assert_string_equal(loaded.config->database,
                        "/var/lib/tallyman/tallyman.db");
    /* app.json, demo.json, performance_timing.json, web.json */
    assert_int_equal(registry_count(&loaded.config->registry),
                     3 + 10 + 17 + 14);
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
        cmocka_unit_test(test_sample),
        cmocka_unit_test_setup_teardown(test_watch, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_watch_after_failure, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_hash, scratch_make, scratch_clear),
        cmocka_unit_test(test_holders),
    };
    const size_t room = sizeof(tests) / sizeof(tests[0]);
    size_t count = 6;
    count = corpus_add("tests/data/config/ok", test_ok, tests, count, room);
    count = corpus_add("tests/data/config/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("config", tests, count, NULL, NULL);
}
