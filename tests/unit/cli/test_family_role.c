#include "cli/monitoring/family_role.h"

#include <regex.h>
#include <stdio.h>

#include "check.h"
#include "cli/monitoring/family_unit.h"
#include "cli/monitoring/monitoring.h"

/* A family with at most one label. */
static struct family *add(struct registry *registry, const char *name,
                          enum metric_type type, struct label_rule *label) {
    static double bounds[] = {0.5, 2, 10};
    struct family *family = registry_add(registry, name, strlen(name));
    assert_non_null(family);
    family->help = "";
    family->unit = "";
    family->type = type;
    family->labels = label;
    family->label_count = label ? 1 : 0;
    if (type == METRIC_HISTOGRAM) {
        family->bounds = bounds;
        family->bound_count = COUNT(bounds);
    }
    return family;
}

static void test_counter(void **state) {
    (void)state;
    static const struct {
        const char *histogram;
        const char *counter; /* the families */
        bool histogram_fails;
        bool counter_fails;
        bool want;
    } cases[] = {
        {"x_request_seconds", "x_requests_total", true, true, true},
        {"x_request_seconds", "x_request_total", true, true, true},
        {"x_request_duration_seconds", "x_requests_total", false, true, true},
        {"x_request_latency_seconds", "x_requests_total", false, false, true},
        /* Of spans. */
        {"x_span_metrics_duration_seconds", "x_span_metrics_calls_total", true,
         true, true},
        /* The counter would lose the errors. */
        {"x_request_seconds", "x_requests_total", true, false, false},
        {"x_request_seconds", "y_requests_total", true, true, false},
        {"x_request_time", "x_requests_total", true, true, false},
        {"_seconds", "s_total", true, true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct registry registry = {0};
        struct label_rule status = {.name = "status"};
        const struct family *histogram =
            add(&registry, cases[i].histogram, METRIC_HISTOGRAM,
                cases[i].histogram_fails ? &status : NULL);
        const struct family *counter =
            add(&registry, cases[i].counter, METRIC_COUNTER,
                cases[i].counter_fails ? &status : NULL);
        const struct family *got = family_counter(&registry, histogram);
        check_text(cases[i].histogram, got ? got->name : NULL,
                   cases[i].want ? counter->name : NULL);
        assert_null(family_counter(&registry, counter));
        registry_free(&registry);
    }
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        const char *value; /* of the label status_code */
        bool error;
    } cases[] = {
        {"500", true},
        {"5xx", true},
        {"404", false},
        {"success", false},
        {"error", true},
        {"network_error", true},
        {"failed", true},
        {"STATUS_CODE_ERROR", true},
        {"STATUS_CODE_OK", false},
        {"STATUS_CODE_UNSET", false},
    };
    struct registry registry = {0};
    struct label_rule label = {.name = "status_code"};
    const struct family_role role =
        family_role(add(&registry, "x_calls_total", METRIC_COUNTER, &label));
    check_text("label", role.error_label, "status_code");
    for (size_t i = 0; i < COUNT(cases); i++) {
        /* The whole text must match, as in PromQL. */
        char pattern[200];
        regex_t regex;
        (void)snprintf(pattern, sizeof(pattern), "^(%s)$", role.error_values);
        assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
        check_number(cases[i].value,
                     regexec(&regex, cases[i].value, 0, NULL, 0) == 0,
                     cases[i].error);
        regfree(&regex);
    }
    registry_free(&registry);
}

static void test_unit(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum metric_type type;
        const char *help;
        const char *unit;
        const char *rate;
    } cases[] = {
        {"x_seconds", METRIC_HISTOGRAM, "", "s", "cps"},
        {"x_seconds_total", METRIC_COUNTER, "", "s", "short"},
        {"x_bytes_total", METRIC_COUNTER, "", "bytes", "Bps"},
        {"x_ratio", METRIC_GAUGE, "", "percentunit", "cps"},
        {"x_total", METRIC_COUNTER, "", "short", "cps"},
        {"bytes", METRIC_GAUGE, "", "short", "cps"},
        {"x_time", METRIC_HISTOGRAM, "Time in seconds.", "s", "cps"},
        {"x_time", METRIC_GAUGE, "Time in seconds.", "short", "cps"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct registry registry = {0};
        struct family *family =
            add(&registry, cases[i].name, cases[i].type, NULL);
        family->help = cases[i].help;
        check_text(cases[i].name, family_unit(family), cases[i].unit);
        check_text(cases[i].name, family_rate_unit(family), cases[i].rate);
        registry_free(&registry);
    }
}

static void test_word(void **state) {
    (void)state;
    static const char *const words[] = {"error", "errors", NULL};
    static const struct {
        const char *name;
        bool want;
    } cases[] = {{"errors_total", true}, {"x:error_total", true},
                 {"x_error", true},      {"terrors_total", false},
                 {"errorsome", false},   {"_", false},
                 {"__errors__x", true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct family family = {.name = cases[i].name};
        check_number(cases[i].name, family_has_word(&family, words),
                     cases[i].want);
    }
}

static void test_latency(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *unit;
        const char *help;
        double target; /* one of the bounds 0.5, 2, 10, or 0: no latency */
    } cases[] = {
        {"x_request_seconds", "", "", 2},
        {"x_response_duration", "seconds", "", 2},
        {"x_response_time", "", "", 2},
        {"x:latency", "", "", 2},
        {"x_request_milliseconds", "", "", 10},
        {"x_duration_ms", "", "", 10},
        {"x_response_time", "", "In milliseconds.", 10},
        {"x_request_size_bytes", "", "", 0},
        {"x_requests", "", "", 0},
        {"x_latency", "bytes", "", 0},
        {"x_run_seconds", "", "", 0},
        {"x_time", "", "", 0},
        {"web_inp_seconds", "", "", 0.5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct registry registry = {0};
        struct family *family =
            add(&registry, cases[i].name, METRIC_HISTOGRAM, NULL);
        family->unit = cases[i].unit;
        family->help = cases[i].help;
        const struct family_role role = family_role(family);
        check_number(cases[i].name, role.latency, cases[i].target > 0);
        check_number(cases[i].name, (long long)(role.target * 10),
                     (long long)(cases[i].target * 10));
        check_text(cases[i].name, role.objective,
                   role.vital     ? SLO_VITALS
                   : role.latency ? SLO_LATENCY
                                  : NULL);
        registry_free(&registry);
    }
}

static void test_bound(void **state) {
    (void)state;
    static const struct {
        double bound;
        const char *want;
    } cases[] = {{1, "1([.]0)?"},
                 {0.5, "0[.]5"},
                 {1e300, "1e[+]300"},
                 {5e6, "5000000([.]0)?|5e[+]06"},
                 {-1234567.5, "-1234567[.]5|-1[.]2345675e[+]06"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        monitoring_bound(cases[i].bound, &out);
        check_text("bound", out.data, cases[i].want);
        strbuf_free(&out);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_unit),    cmocka_unit_test(test_word),
        cmocka_unit_test(test_latency), cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
