#include "base/traceparent.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "guard.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static void headers(void **state) {
    static const struct {
        const char *name;
        const char *header;
        const char *want;
    } cases[] = {
        {"sampled", "00-" TRACE "-" SPAN "-01", TRACE " " SPAN " sampled"},
        {"not sampled", "00-" TRACE "-" SPAN "-00", TRACE " " SPAN},
        {"other flags", "00-" TRACE "-" SPAN "-fe", TRACE " " SPAN},
        {"other flags and sampled", "00-" TRACE "-" SPAN "-ff",
         TRACE " " SPAN " sampled"},
        {"none", "", "none"},
        {"a version alone", "00-", "none"},
        {"a trace alone", "00-" TRACE, "none"},
        {"no flags", "00-" TRACE "-" SPAN "-", "none"},
        {"no flags and no dash", "00-" TRACE "-" SPAN, "none"},
        {"one flag", "00-" TRACE "-" SPAN "-0", "none"},
        {"three flags", "00-" TRACE "-" SPAN "-011", "none"},
        {"an invalid flag", "00-" TRACE "-" SPAN "-0g", "none"},
        {"more after the flags", "00-" TRACE "-" SPAN "-01-00", "none"},
        {"a space after the flags", "00-" TRACE "-" SPAN "-01 ", "none"},
        {"a space before the version", " 00-" TRACE "-" SPAN "-01", "none"},
        {"the invalid version", "ff-" TRACE "-" SPAN "-01", "none"},
        {"a later version", "01-" TRACE "-" SPAN "-01", "none"},
        {"a trace of zeros", "00-00000000000000000000000000000000-" SPAN "-01",
         "none"},
        {"a span of zeros", "00-" TRACE "-0000000000000000-01", "none"},
        {"upper case", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
         "none"},
        {"a trace too short", "00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01",
         "none"},
        {"a trace too long", "00-" TRACE "0-" SPAN "-01", "none"},
        {"a span too short", "00-" TRACE "-00f067aa0ba902b-01", "none"},
        {"a span too long", "00-" TRACE "-" SPAN "0-01", "none"},
        {"an invalid digit", "00-" TRACE "-00f067aa0ba902bx-01", "none"},
        {"another separator", "00-" TRACE "_" SPAN "-01", "none"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct traceparent parent;
        char got[80] = "none";
        if (traceparent_read(
                guard_place(cases[i].header, strlen(cases[i].header) + 1),
                &parent))
            (void)snprintf(got, sizeof(got), "%s %s%s", parent.trace_id,
                           parent.span_id, parent.sampled ? " sampled" : "");
        check_text(cases[i].name, got, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(headers)};
    return cmocka_run_group_tests_name("traceparent", tests, NULL, NULL);
}
