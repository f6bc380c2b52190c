/* Every key of the configuration: default, range, choices, and the message for
 * each invalid value. */
#include "config_fixture.h"
#include "scratch.h"

struct taken {
    struct config config;
    struct diagnostics diagnostics;
};

/* Loads a file with this text. */
static struct taken read_keys(const char *text) {
    struct taken taken = {.config = {.database = NULL}};
    struct source source;
    scratch_write("a.json", text);
    assert_int_equal(
        source_open(&source, scratch_path("a.json"), &taken.diagnostics), 0);
    config_keys_read(config_keys, &source, &taken.config, &taken.config.arena,
                     &taken.diagnostics);
    source_close(&source);
    return taken;
}

/* Loads a file that sets this key to the JSON value. */
static struct taken take(const struct config_key *key, const char *value) {
    char text[300];
    const char *dot = strchr(key->name, '.');
    if (dot)
        (void)snprintf(text, sizeof(text), "{\"%.*s\": {\"%s\": %s}}",
                       (int)(dot - key->name), key->name, dot + 1, value);
    else
        (void)snprintf(text, sizeof(text), "{\"%s\": %s}", key->name, value);
    return read_keys(text);
}

static void release(struct taken *taken) {
    arena_free(&taken->config.arena);
    diagnostics_free(&taken->diagnostics);
}

/* Checks that the value is accepted and no other key changes. */
static void assert_taken(const struct config_key *key, const char *value) {
    struct taken taken = take(key, value);
    const struct config nothing = {.database = NULL};
    struct strbuf got = {0};
    struct strbuf want = {0};
    assert_int_equal(taken.diagnostics.count, 0);
    keys_write(&taken.config, &nothing, &got);
    key_write(key, &nothing, &want);
    bool nothing_else = !want.data || strcmp(want.data, value) == 0;
    strbuf_reset(&want);
    if (!nothing_else)
        strbuf_printf(&want, "%s %s\n", key->name, value);
    assert_string_equal(got.data ? got.data : "", want.data ? want.data : "");
    strbuf_free(&got);
    strbuf_free(&want);
    release(&taken);
}

/* Checks that the value is refused at its position. */
static void assert_refused(const struct config_key *key, const char *value,
                           const char *message) {
    struct taken taken = take(key, value);
    const char *dot = strchr(key->name, '.');
    struct strbuf want = {0};
    strbuf_printf(&want, "%s:1:%d: %s: %s\n", scratch_path("a.json"),
                  dot ? (int)(dot - key->name) + 7 : 2, key->name, message);
    assert_string_equal(taken.diagnostics.text.data, want.data);
    strbuf_free(&want);
    release(&taken);
}

/* The smallest and the largest number, and their neighbours. */
static void check_count(const struct config_key *key) {
    char message[100];
    char value[30];
    const long long numbers[] = {key->min, key->max, key->min - 1,
                                 key->max + 1};
    assert_true(key->min < key->max);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(value, sizeof(value), "%lld", numbers[i]);
        (void)snprintf(message, sizeof(message),
                       "is %s, must be between %lld and %lld", value, key->min,
                       key->max);
        if (i < 2)
            assert_taken(key, value);
        else
            assert_refused(key, value, message);
    }
    assert_refused(key, "1.5", "is a fraction, must be a whole number");
    assert_refused(key, "\"1\"", "is a string, must be a whole number");
}

static bool is_literal(const char *choice) {
    return strcmp(choice, "false") == 0 || strcmp(choice, "true") == 0;
}

static void check_choice(const struct config_key *key, const char *other) {
    struct strbuf list = {0};
    assert_non_null(key->choices);
    for (size_t i = 0; key->choices[i]; i++) {
        char value[100];
        (void)snprintf(value, sizeof(value),
                       is_literal(key->choices[i]) ? "%s" : "\"%s\"",
                       key->choices[i]);
        assert_taken(key, value);
        strbuf_printf(&list, "%s%s", i > 0 ? " or " : "", value);
    }
    char message[200];
    (void)snprintf(message, sizeof(message), "is %s, must be %s", other,
                   list.data);
    assert_refused(key, other, message);
    strbuf_free(&list);
}

static void each_kind_checks_its_values(void **state) {
    size_t count = 0;
    (void)state;
    for (const struct config_key *key = config_keys; key->name; key++) {
        switch (key->kind) {
        case CONFIG_BOOLEAN:
            assert_taken(key, "true");
            assert_taken(key, "false");
            assert_refused(key, "1", "is a number, must be true or false");
            break;
        case CONFIG_COUNT:
            check_count(key);
            break;
        case CONFIG_STRING:
        case CONFIG_PATH:
            assert_taken(key, "\"/a\"");
            assert_refused(key, "[]", "is an array, must be a string");
            assert_refused(key, "\"\"", "is empty, must have a value");
            assert_refused(key, "\"a\\u0000\"",
                           "has a NUL character, must be plain text");
            break;
        case CONFIG_STRINGS:
            assert_taken(key, "[]");
            assert_taken(key, "[\"a\",\"b\"]");
            assert_refused(key, "\"a\"", "is a string, must be an array");
            break;
        case CONFIG_RULES:
            assert_taken(key, "[]");
            assert_taken(key, "[\"/a/**/*=b\",\"GET:https://c/=d\"]");
            assert_refused(key, "\"/a=b\"", "is a string, must be an array");
            break;
        case CONFIG_CHOICE:
            check_choice(key, "\"none of them\"");
            assert_refused(key, "true", "is true or false, must be a string");
            break;
        case CONFIG_SWITCH:
            check_choice(key, "\"true\"");
            break;
        case CONFIG_OBJECT:
            assert_taken(key, "{}");
            assert_refused(key, "null", "is null, must be an object");
            break;
        }
        count++;
    }
    assert_true(count > 30);
}

/* Unset keys have the defaults of the table. */
static void unset_keys_have_their_defaults(void **state) {
    struct config config = {.database = NULL};
    struct diagnostics diagnostics = {.count = 0};
    const struct config nothing = {.database = NULL};
    (void)state;
    config_keys_preset(config_keys, "tallyman.json", &config, &config.arena,
                       &diagnostics);
    assert_int_equal(diagnostics.count, 0);
    assert_false(config.arena.failed);
    for (const struct config_key *key = config_keys; key->name; key++) {
        struct strbuf got = {0};
        struct strbuf zero = {0};
        if (key->kind != CONFIG_OBJECT) {
            key_write(key, &config, &got);
            key_write(key, &nothing, &zero);
            assert_string_equal(got.data,
                                key->preset ? key->preset : zero.data);
        }
        strbuf_free(&got);
        strbuf_free(&zero);
    }
    arena_free(&config.arena);
}

/* The names of the keys of an object, in the form of the message. */
static struct strbuf list_names(const char *object) {
    struct strbuf list = {0};
    size_t len = strlen(object);
    for (const struct config_key *key = config_keys; key->name; key++) {
        const char *dot = strchr(key->name, '.');
        size_t object_len = dot ? (size_t)(dot - key->name) : 0;
        if (object_len != len || strncmp(key->name, object, len) != 0)
            continue;
        strbuf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
                      dot ? dot + 1 : key->name);
    }
    return list;
}

static void unknown_key_is_refused(void **state) {
    static const struct {
        const char *object;
        struct config_key key;
        const char *hint;
    } rows[] = {
        {"", {.name = "databse"}, "; did you mean database?"},
        {"limits",
         {.name = "limits.body_byte"},
         "; did you mean body_bytes, trusted_body_bytes?"},
        {"sessions", {.name = "sessions.user"}, "; did you mean user_labels?"},
        {"faro", {.name = "faro.cookies"}, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strbuf list = list_names(rows[i].object);
        struct strbuf message = {0};
        strbuf_printf(&message, "unknown key, must be one of %s%s", list.data,
                      rows[i].hint);
        assert_refused(&rows[i].key, "1", message.data);
        strbuf_free(&list);
        strbuf_free(&message);
    }
    /* A name with a dot does not set a key in an object. */
    struct taken taken = read_keys("{\"limits.series\": 1}");
    assert_non_null(strstr(taken.diagnostics.text.data,
                           ":1:2: limits.series: unknown key, must be one of "
                           "database, "));
    release(&taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_checks_its_values,
                                        scratch_make, scratch_clear),
        cmocka_unit_test(unset_keys_have_their_defaults),
        cmocka_unit_test_setup_teardown(unknown_key_is_refused, scratch_make,
                                        scratch_clear),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
