/* Messages: the format of values, and the limit of alerts. */
#include "alert/message.h"

#include <math.h>

#include "base/json.h"
#include "check.h"

static const struct alert_channel everything = {.kind = ALERT_COMMAND};

static struct alert_event event_of(double value, const char *unit) {
    return (struct alert_event){.name = "A",
                                .severity = "warning",
                                .text = "t",
                                .measured = "m",
                                .unit = unit,
                                .condition = "> 1",
                                .query = "q",
                                .labels = "{}",
                                .value = value};
}

/* Returns the message as a document, which the caller frees. */
static struct json_object *write_message(const struct alert_event *events,
                                         size_t count, size_t want) {
    struct strbuf out = {0};
    struct json_object *document;
    struct err err = {.code = ERR_NONE};
    assert_int_equal(alert_message_write(events, count, &everything, 0, &out),
                     want);
    if (json_read(out.data, out.len, &document, &err) != 0)
        fail_msg("%s: %s", err.message, out.data);
    strbuf_free(&out);
    return document;
}

static void test_values(void **state) {
    static const struct {
        double value;
        const char *unit;
        const char *want;
    } cases[] = {
        {4.2, "seconds", "m: 4.2 seconds (> 1)"},
        {0, "", "m: 0 (> 1)"},
        {0.05123456, "", "m: 0.05123 (> 1)"},
        {-0.0500049, "", "m: -0.05 (> 1)"},
        {2.0 / 3, "per second", "m: 0.6667 per second (> 1)"},
        {999.96, "%", "m: 1000 % (> 1)"},
        {1234.5678, "", "m: 1235 (> 1)"},
        {1234567890, "", "m: 1234567890 (> 1)"},
        {1.5e20, "", "m: 1.5e+20 (> 1)"},
        {1.23456e-7, "", "m: 1.235e-07 (> 1)"},
        {5e-324, "", "m: 5e-324 (> 1)"},
        {NAN, "seconds", "m: no value (> 1)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct alert_event event =
            event_of(cases[i].value, cases[i].unit);
        size_t len;
        struct json_object *document = write_message(&event, 1, 1);
        check_text(
            cases[i].want,
            json_string(
                json_get(json_at(json_get(document, "alerts"), 0), "summary"),
                &len),
            cases[i].want);
        json_free(document);
    }
}

/* Alerts beyond the limit are counted. */
static void test_many(void **state) {
    static struct alert_event events[1002];
    (void)state;
    for (size_t i = 0; i < COUNT(events); i++)
        events[i] = event_of(1, "");
    for (size_t count = 999; count <= COUNT(events); count++) {
        const size_t shown = count < 1000 ? count : 1000;
        struct json_object *document = write_message(events, count, count);
        assert_int_equal(json_length(json_get(document, "alerts")), shown);
        assert_int_equal(json_integer(json_get(document, "more")),
                         count - shown);
        json_free(document);
    }
}

/* A channel that accepts none of the events gets no message. The status is
 * firing only if an alert starts. */
static void test_status(void **state) {
    static const char *const critical[] = {"critical"};
    const struct alert_channel channel = {.severities = critical,
                                          .severity_count = 1};
    struct alert_event events[] = {event_of(1, ""), event_of(1, "")};
    struct strbuf out = {0};
    size_t len;
    (void)state;
    assert_int_equal(alert_message_write(events, 2, &channel, 0, &out), 0);
    assert_int_equal(out.len, 0);
    for (int ended = 0; ended <= 2; ended++) {
        struct json_object *document = write_message(events, 2, 2);
        check_text("status", json_string(json_get(document, "status"), &len),
                   ended < 2 ? "firing" : "resolved");
        json_free(document);
        if (ended < 2)
            events[ended].reason = "over";
    }
    strbuf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_status),
    };
    return cmocka_run_group_tests_name("alert_message", tests, NULL, NULL);
}
