/* Allowlist files: tests/data/allowlist/ok are loaded with exactly the families
 * beside them; tests/data/allowlist/bad are refused with exactly the errors
 * beside them. */
#include "config/allowlist.h"

#include "base/number.h"
#include "config/config.h"
#include "corpus.h"
#include "scratch.h"

enum { SERIES = 1000 };

static void dump_label(const struct label_rule *rule, struct strbuf *out) {
    strbuf_printf(out, "  %s:", rule->name);
    for (size_t i = 0; i < rule->values.count; i++)
        strbuf_printf(out, " \"%s\"", rule->values.values[i].text);
    if (rule->max_values > 0)
        strbuf_printf(out, " and %zu more", rule->max_values);
    strbuf_add_char(out, '\n');
}

static void dump_family(const struct family *family, struct strbuf *out) {
    static const char *const rules[] = {"last", "max", "min", "sum"};
    strbuf_printf(out, "%s %s", metric_type_name(family->type), family->name);
    if (family->type == METRIC_GAUGE)
        strbuf_printf(out, ", %s", rules[family->gauge]);
    if (family->cumulative)
        strbuf_add_string(out, ", cumulative");
    if (family->exemplars)
        strbuf_add_string(out, ", with exemplars");
    if (family->queried)
        strbuf_add_string(out, ", of a query");
    assert_int_equal(family->internal, family->queried);
    assert_int_equal(family->internal, family->any_labels);
    assert_false(family->open);
    if (family->from_programs)
        strbuf_add_string(out, ", from programs");
    if (family->ranged) {
        char min[NUMBER_SIZE];
        char max[NUMBER_SIZE];
        (void)number_format(family->min, min);
        (void)number_format(family->max, max);
        strbuf_printf(out, ", %s to %s", min, max);
    }
    if (*family->unit)
        strbuf_printf(out, ", in %s", family->unit);
    strbuf_printf(out, ", %zu combinations: %s\n", family_combinations(family),
                  family->help);
    for (size_t i = 0; i < family->label_count; i++)
        dump_label(&family->labels[i], out);
    if (family->bound_count > 0)
        strbuf_add_string(out, "  bounds");
    for (size_t i = 0; i < family->bound_count; i++) {
        char number[NUMBER_SIZE];
        (void)number_format(family->bounds[i], number);
        strbuf_printf(out, " %s", number);
    }
    if (family->bound_count > 0)
        strbuf_add_char(out, '\n');
}

static void dump_query(const struct sql_query *query, struct strbuf *out) {
    char timeout[NUMBER_SIZE];
    (void)number_format(query->timeout, timeout);
    strbuf_printf(out, "query %s of %s, every %lld, at most %s\n  by",
                  query->family->name,
                  query->database ? query->database : "Tallyman's own file",
                  query->every, timeout);
    for (size_t i = 0; i < query->label_count; i++)
        strbuf_printf(out, " %s", query->labels[i]);
    strbuf_printf(out, "\n  %s: %s\n", query->place, query->sql);
}

struct loaded {
    struct registry registry;
    struct diagnostics diagnostics;
    struct strbuf dump;
};

static struct loaded load(const char *path, long long series) {
    const struct limits limits = {
        .label_value_bytes = 20, .families = 8, .series = series};
    struct loaded loaded = {.diagnostics = {.count = 0}};
    struct allowlist allowlist = {.registry = &loaded.registry,
                                  .limits = &limits,
                                  .path = "tests/data/tallyman.json"};
    allowlist_load(&allowlist, path, &loaded.diagnostics);
    for (size_t i = 0; i < registry_count(&loaded.registry); i++)
        dump_family(loaded.registry.families[i], &loaded.dump);
    for (size_t i = 0; i < allowlist.queries.count; i++)
        dump_query(&allowlist.queries.queries[i], &loaded.dump);
    return loaded;
}

static void unload(struct loaded *loaded) {
    registry_free(&loaded->registry);
    diagnostics_free(&loaded->diagnostics);
    strbuf_free(&loaded->dump);
}

static void test_ok(void **state) {
    struct loaded loaded = load(*state, 2LL * SERIES);
    assert_string_equal(
        loaded.diagnostics.text.data ? loaded.diagnostics.text.data : "", "");
    assert_int_equal(loaded.diagnostics.count, 0);
    corpus_expect(*state, ".out", &loaded.dump);
    unload(&loaded);
}

static void test_bad(void **state) {
    struct loaded loaded = load(*state, SERIES);
    size_t lines = 0;
    for (size_t i = 0; i < loaded.diagnostics.text.len; i++)
        lines += loaded.diagnostics.text.data[i] == '\n';
    assert_true(loaded.diagnostics.count > 0);
    assert_int_equal(loaded.diagnostics.count, lines);
    corpus_expect(*state, ".err", &loaded.diagnostics.text);
    unload(&loaded);
}

static void test_no_file(void **state) {
    struct loaded loaded =
        load("tests/data/allowlist/no-such-file.json", SERIES);
    (void)state;
    assert_string_equal(loaded.diagnostics.text.data,
                        "tests/data/allowlist/no-such-file.json: cannot be "
                        "opened: No such file or directory\n");
    assert_int_equal(loaded.diagnostics.count, 1);
    unload(&loaded);
}

/* A public family that reports the last push of a job is accepted with a
 * warning. */
static void test_warnings(void **state) {
    (void)state;
    assert_int_equal(scratch_make(state), 0);
    scratch_write("a.json",
                  "{\"allowedMetrics\": [\n"
                  " {\"name\": \"push_time_seconds\", \"help\": \"h\",\n"
                  "  \"type\": \"gauge\", \"from\": \"anybody\"},\n"
                  " {\"name\": \"push_failure_time_seconds\",\n"
                  "  \"help\": \"h\", \"type\": \"gauge\"}]}");
    scratch_write("b.json",
                  "{\"allowedMetrics\": [\n"
                  " {\"name\": \"push_time_seconds\", \"help\": \"h\",\n"
                  "  \"type\": \"gauge\", \"from\": \"programs\"}]}");
    struct loaded loaded = load(scratch_path("a.json"), SERIES);
    struct strbuf want = {0};
    strbuf_printf(&want,
                  "%s:2:3: allowedMetrics[0].name: anybody can push "
                  "\"push_time_seconds\", even without a token; restrict it to "
                  "programs with \"from\": \"programs\"\n",
                  scratch_path("a.json"));
    strbuf_printf(&want,
                  "%s:4:3: allowedMetrics[1].name: anybody can push "
                  "\"push_failure_time_seconds\", even without a token; "
                  "restrict it to programs with \"from\": \"programs\"\n",
                  scratch_path("a.json"));
    assert_int_equal(loaded.diagnostics.count, 0);
    assert_string_equal(loaded.diagnostics.warnings.data, want.data);
    assert_false(loaded.registry.from_programs);
    strbuf_free(&want);
    unload(&loaded);
    loaded = load(scratch_path("b.json"), SERIES);
    assert_int_equal(loaded.diagnostics.count, 0);
    assert_null(loaded.diagnostics.warnings.data);
    assert_true(loaded.registry.from_programs);
    unload(&loaded);
    assert_int_equal(scratch_clear(state), 0);
}

int main(void) {
    static struct CMUnitTest tests[200] = {cmocka_unit_test(test_no_file),
                                           cmocka_unit_test(test_warnings)};
    const size_t room = sizeof(tests) / sizeof(tests[0]);
    size_t count = 2;
    count = corpus_add("tests/data/allowlist/ok", test_ok, tests, count, room);
    count =
        corpus_add("tests/data/allowlist/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("allowlist", tests, count, NULL, NULL);
}
