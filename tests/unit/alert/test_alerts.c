/* Alerts files: tests/data/alerts/ok are loaded with the content in the .out
 * beside them; tests/data/alerts/bad are refused with exactly the errors in the
 * .err. */
#include "alert/file.h"

#include "alert/rules.h"
#include "base/number.h"
#include "check.h"
#include "corpus.h"
#include "registry_fixture.h"
#include "scratch.h"

struct loaded {
    struct config config;
    struct alerts alerts;
    struct diagnostics diagnostics;
    int result;
};

/* Adds two SQL queries with their label columns, as an allowlist file does. */
static void add_queries(struct config *config) {
    static const char *gauge_columns[] = {"state", "kind"};
    static const char *counter_columns[] = {"country"};
    static struct sql_query queries[] = {
        {.labels = gauge_columns, .label_count = COUNT(gauge_columns)},
        {.labels = counter_columns, .label_count = COUNT(counter_columns)}};
    static const char *const names[] = {"shop_orders", "shop_orders_total"};
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct family *family =
            registry_add(&config->registry, names[i], strlen(names[i]));
        assert_non_null(family);
        family->type = i == 0 ? METRIC_GAUGE : METRIC_COUNTER;
        family->internal = family->any_labels = true;
        queries[i].family = family;
    }
    config->sql_queries = (struct sql_query_list){queries, COUNT(queries)};
}

static void load(struct loaded *loaded, const char *path, bool open_families) {
    *loaded = (struct loaded){
        .config = {.open_families = open_families, .limits = fixture_limits}};
    registry_load(&loaded->config.registry, "tests/data/alerts/families.json");
    add_queries(&loaded->config);
    loaded->result = alerts_load(&loaded->alerts, path, &loaded->config,
                                 &loaded->diagnostics);
}

static void unload(struct loaded *loaded) {
    alerts_free(&loaded->alerts);
    diagnostics_free(&loaded->diagnostics);
    registry_free(&loaded->config.registry);
}

static void dump_rule(const struct alert_rule *rule, struct strbuf *out) {
    strbuf_printf(out, "%s (%s): %s\n", rule->name, rule->severity, rule->text);
    strbuf_printf(out, "  %s %s, of %s\n", rule->query, rule->condition,
                  rule->families);
    strbuf_printf(out, "  %s, in \"%s\"%s, over %lld s, for %lld s\n",
                  rule->measured, rule->unit, rule->grouped ? ", each" : "",
                  rule->over, rule->for_seconds);
    if (rule->count_query)
        strbuf_printf(out, "  %s at least %g\n", rule->count_query,
                      rule->minimum);
}

static void dump_channel(const struct alert_channel *channel,
                         struct strbuf *out) {
    strbuf_printf(out, "%s\n  key %s\n", channel->name, channel->key);
    for (size_t i = 0; i < channel->value_count; i++)
        strbuf_printf(out, "  \"%s\"\n", channel->values[i]);
    assert_null(channel->values[channel->value_count]);
    if (channel->kind == ALERT_WEBHOOK)
        strbuf_printf(out, "  %s\n",
                      channel->format == ALERT_WEBHOOK_SLACK ? "for Slack"
                                                             : "JSON");
    if (channel->from)
        strbuf_printf(out, "  from %s\n", channel->from);
    for (size_t i = 0; i < channel->severity_count; i++)
        strbuf_printf(out, "  of %s\n", channel->severities[i]);
}

static void test_ok(void **state) {
    struct strbuf dump = {0};
    struct loaded loaded;
    load(&loaded, *state, false);
    check_text(*state,
               loaded.diagnostics.text.data ? loaded.diagnostics.text.data : "",
               "");
    assert_int_equal(loaded.result, 0);
    assert_true(loaded.alerts.exists);
    if (loaded.alerts.sendmail)
        strbuf_printf(&dump, "sendmail %s\n", loaded.alerts.sendmail);
    if (loaded.alerts.dashboard)
        strbuf_printf(&dump, "dashboard %s\n", loaded.alerts.dashboard);
    for (size_t i = 0; i < loaded.alerts.channel_count; i++)
        dump_channel(&loaded.alerts.channels[i], &dump);
    for (size_t i = 0; i < loaded.alerts.rule_count; i++)
        dump_rule(&loaded.alerts.rules[i], &dump);
    if (loaded.diagnostics.warnings.data)
        strbuf_add_string(&dump, loaded.diagnostics.warnings.data);
    corpus_expect(*state, ".out", &dump);
    strbuf_free(&dump);
    unload(&loaded);
}

static void test_bad(void **state) {
    struct loaded loaded;
    load(&loaded, *state, false);
    assert_int_equal(loaded.result, -1);
    corpus_expect(*state, ".err", &loaded.diagnostics.text);
    assert_null(loaded.diagnostics.warnings.data);
    unload(&loaded);
}

static void test_no_file(void **state) {
    struct loaded loaded;
    (void)state;
    load(&loaded, "tests/data/alerts/no-such-file.json", false);
    assert_int_equal(loaded.result, 0);
    assert_false(loaded.alerts.exists);
    assert_int_equal(loaded.alerts.rule_count, 0);
    unload(&loaded);
    load(&loaded, "tests/data/alerts", false);
    assert_int_equal(loaded.result, -1);
    check_text("a directory", loaded.diagnostics.text.data,
               "tests/data/alerts: cannot be read: Is a directory\n");
    unload(&loaded);
}

/* Pushes can add the families of a rule later: a warning. */
static void test_open_families(void **state) {
    struct loaded loaded;
    (void)state;
    scratch_write("alerts.json",
                  "{\"alerts\": [\n"
                  "{\"name\": \"a\", \"increase\": \"job_runs_total\",\n"
                  " \"labels\": {\"job\": \"b\"}, \"by\": [\"host\"],\n"
                  " \"over\": \"1h\", \"above\": 1, \"text\": \"t\"},\n"
                  "{\"name\": \"b\", \"p95\": \"order_total\",\n"
                  " \"over\": \"1h\", \"above\": 1, \"text\": \"t\"},\n"
                  "{\"name\": \"c\", \"expr\": \"job_seconds_count - x\",\n"
                  " \"above\": 1, \"text\": \"t\"}]}\n");
    load(&loaded, scratch_path("alerts.json"), true);
    assert_int_equal(loaded.result, 0);
    struct strbuf want = {0};
    const char *path = scratch_path("alerts.json");
    strbuf_printf(
        &want,
        "%s:2:15: alerts[0].increase: no file lists "
        "\"job_runs_total\": the rule has no value until a push adds it\n",
        path);
    strbuf_printf(&want,
                  "%s:5:15: alerts[1].p95: no file lists \"order_total\": the "
                  "rule has no value until a push adds it; did you mean "
                  "orders_total?\n",
                  path);
    strbuf_printf(
        &want,
        "%s:7:15: alerts[2].expr: no file lists "
        "\"job_seconds_count\": the rule has no value until a push adds it\n",
        path);
    strbuf_printf(&want,
                  "%s:7:15: alerts[2].expr: no file lists \"x\": the rule has "
                  "no value until a push adds it\n",
                  path);
    check_text("warnings", loaded.diagnostics.warnings.data, want.data);
    strbuf_free(&want);
    check_text("query", loaded.alerts.rules[0].query,
               "sum by (host) (increase(job_runs_total{job=\"b\"}[1h]))");
    check_text("query", loaded.alerts.rules[1].query,
               "histogram_quantile(0.95, sum by (le) "
               "(increase(order_total_bucket[1h])))");
    check_text("families", loaded.alerts.rules[2].families,
               "[\"job_seconds_count\",\"job_seconds\",\"x\"]");
    unload(&loaded);
}

/* Rules and channels up to their limits are accepted, one more is not. */
static void test_limits(void **state) {
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct strbuf text = {0};
        struct loaded loaded;
        strbuf_add_string(&text, "{\"notify\": [");
        for (int i = 0; i < 100 + more; i++)
            strbuf_printf(&text, "%s{\"mail\": [\"a%d@example.org\"]}",
                          i > 0 ? "," : "", i);
        strbuf_add_string(&text, "],\n\"alerts\": [");
        for (int i = 0; i < 1000 + more; i++)
            strbuf_printf(&text,
                          "%s{\"name\": \"a%d\", \"value\": \"queue_depth\", "
                          "\"above\": 1, \"text\": \"t\"}",
                          i > 0 ? "," : "", i);
        strbuf_add_string(&text, "]}\n");
        scratch_write("alerts.json", text.data);
        load(&loaded, scratch_path("alerts.json"), false);
        strbuf_reset(&text);
        if (more > 0) {
            const char *path = scratch_path("alerts.json");
            strbuf_printf(&text,
                          "%s:1:2: notify: has 101 channels, must have at most "
                          "100\n"
                          "%s:2:1: alerts: has 1001 rules, must have at most "
                          "1000\n",
                          path, path);
        } else {
            assert_int_equal(loaded.alerts.rule_count, 1000);
            assert_int_equal(loaded.alerts.channel_count, 100);
        }
        check_text("errors",
                   loaded.diagnostics.text.data ? loaded.diagnostics.text.data
                                                : "",
                   text.data);
        strbuf_free(&text);
        unload(&loaded);
    }
}

int main(void) {
    enum { ROOM = 100 };
    static struct CMUnitTest tests[ROOM];
    size_t count = 0;
    count = corpus_add("tests/data/alerts/ok", test_ok, tests, count, ROOM);
    count = corpus_add("tests/data/alerts/bad", test_bad, tests, count, ROOM);
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_no_file),
        cmocka_unit_test_setup_teardown(test_open_families, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_limits, scratch_make,
                                        scratch_clear),
    };
    assert_true(count + COUNT(others) <= ROOM);
    memcpy(tests + count, others, sizeof(others));
    count += COUNT(others);
    return _cmocka_run_group_tests("alerts", tests, count, NULL, NULL);
}
