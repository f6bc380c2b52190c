#include "http/accept.h"

#include "check.h"

#define PROTOBUF                                                               \
    "application/vnd.google.protobuf;"                                         \
    "proto=io.prometheus.client.MetricFamily;encoding=delimited"

static void gzip(void **state) {
    static const struct {
        const char *accept;
        bool want;
    } cases[] = {
        {"", false},
        {"gzip", true},
        {"gzip, deflate, br, zstd", true},
        {"br;q=1.0, GZIP;q=0.001", true},
        {"x-gzip", true},
        {"identity, *;q=0.5", true},
        {"deflate", false},
        {"gzip;q=0", false},
        {"gzip;q=0.000, *", false},
        {"*;q=0", false},
        {"gzipped", false},
        {"identity", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_number(cases[i].accept, accept_gzip(cases[i].accept),
                     cases[i].want);
}

static void formats(void **state) {
    static const struct {
        const char *accept;
        enum exposition_format want;
    } cases[] = {
        /* Prometheus 2.42 (Debian 12). */
        {"application/openmetrics-text;version=1.0.0,"
         "application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         EXPOSITION_OPENMETRICS},
        /* Prometheus 3. */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
         "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
         "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
         EXPOSITION_OPENMETRICS},
        /* Prometheus 3 with scrape_protocols: [PrometheusText0.0.4]. */
        {"text/plain;version=0.0.4;q=0.2,*/*;q=0.1", EXPOSITION_TEXT},
        /* Prometheus 3 with native histograms. */
        {PROTOBUF
         ";q=0.6,"
         "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
         "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
         "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
         EXPOSITION_PROTOBUF},
        /* Prometheus 2.42 with native histograms. */
        {PROTOBUF ",application/openmetrics-text;version=1.0.0;q=0.8,"
                  "application/openmetrics-text;version=0.0.1;q=0.75,"
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         EXPOSITION_PROTOBUF},
        /* Prometheus 2.53 with another order of scrape_protocols. */
        {"application/openmetrics-text;version=1.0.0;q=0.5," PROTOBUF
         ";q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         EXPOSITION_OPENMETRICS},
        /* curl, a browser, promtool, nothing. */
        {"*/*", EXPOSITION_TEXT},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         EXPOSITION_TEXT},
        {"", EXPOSITION_TEXT},

        {PROTOBUF, EXPOSITION_PROTOBUF},
        {PROTOBUF ";q=0.001", EXPOSITION_PROTOBUF},
        {PROTOBUF ";q=0", EXPOSITION_TEXT},
        {"Application/VND.Google.Protobuf; Encoding=\"delimited\"; "
         "Proto=\"io.prometheus.client.MetricFamily\"",
         EXPOSITION_PROTOBUF},
        {PROTOBUF ";escaping=allow-utf-8;q=0.7,text/plain;q=0.6",
         EXPOSITION_PROTOBUF},
        {PROTOBUF ";q=0.6,text/plain;q=0.7", EXPOSITION_TEXT},
        {PROTOBUF ";q=0.6,application/openmetrics-text;q=0.7",
         EXPOSITION_OPENMETRICS},
        /* Other encodings and messages. */
        {"application/vnd.google.protobuf", EXPOSITION_TEXT},
        {"application/vnd.google.protobuf;encoding=delimited", EXPOSITION_TEXT},
        {"application/vnd.google.protobuf;"
         "proto=io.prometheus.client.MetricFamily",
         EXPOSITION_TEXT},
        {"application/vnd.google.protobuf;"
         "proto=io.prometheus.client.MetricFamily;encoding=compact-text",
         EXPOSITION_TEXT},
        {"application/vnd.google.protobuf;"
         "proto=io.prometheus.client.MetricFamily;encoding=text,"
         "application/openmetrics-text;q=0.1",
         EXPOSITION_OPENMETRICS},
        {"application/vnd.google.protobuf;"
         "proto=io.prometheus.client.Metric;encoding=delimited",
         EXPOSITION_TEXT},
        {"application/vnd.google.protobufs;"
         "proto=io.prometheus.client.MetricFamily;encoding=delimited",
         EXPOSITION_TEXT},
        /* Equal: text, then protobuf. */
        {PROTOBUF ",*/*", EXPOSITION_TEXT},
        {"application/openmetrics-text," PROTOBUF, EXPOSITION_PROTOBUF},
        {"application/openmetrics-text,text/plain," PROTOBUF, EXPOSITION_TEXT},

        {"application/openmetrics-text", EXPOSITION_OPENMETRICS},
        {"APPLICATION/OpenMetrics-Text; VERSION=1.0.0; Q=0.1",
         EXPOSITION_OPENMETRICS},
        {"\tapplication/openmetrics-text ;\tversion=1.0.0 ",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=0.0.1", EXPOSITION_TEXT},
        {"application/openmetrics-text;version=1.0.00", EXPOSITION_TEXT},
        {"application/openmetrics-text;version=2.0.0", EXPOSITION_TEXT},
        {"application/openmetrics-tex", EXPOSITION_TEXT},
        {"application/openmetrics-texts", EXPOSITION_TEXT},

        /* Quoted values, which may have separators. */
        {"application/openmetrics-text;version=\"1.0.0\"",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text; version=\"1.0.0\"; "
         "escaping=\"allow-utf-8\";q=0.5,text/plain;version=\"0.0.4\";q=0.3",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=\"1.0.0\";q=0.2,"
         "text/plain;version=\"0.0.4\";q=0.3",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;version=\"1\\.0\\.0\"",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=\"0.0.1\"", EXPOSITION_TEXT},
        {"application/openmetrics-text;version=\"\"", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=\"1.0.0",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=\"1.0.0\\", EXPOSITION_TEXT},
        {"application/openmetrics-text;version=\"", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version='1.0.0'", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=\"0.5\",text/plain;q=\"0.6\"",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;x=\",\";q=0.5,text/plain;q=0.4",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;x=\";q=0;\",text/plain;q=0.4",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;x=\"\\\",text/plain;q=1\";q=0.1",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;x=\",text/plain",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version="
         "\"1.0.0000000000000000000000000000000000000000000000000000000000000"
         "0000\"",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;subversion=2;version=1.0.0",
         EXPOSITION_OPENMETRICS},

        /* The larger q, wherever it stands. */
        {"text/plain;q=0.2,application/openmetrics-text;q=0.3",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=0.3,text/plain;q=0.4",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.301,text/plain;q=0.3",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=0.09,text/plain;q=0.1",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;q=1.000,text/plain;q=0.999",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=0.9,text/plain", EXPOSITION_TEXT},
        {"application/openmetrics-text,text/plain;q=0.9",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=0.1,application/"
         "openmetrics-text;q=0.9,text/plain;q=0.5",
         EXPOSITION_OPENMETRICS},

        /* Equal: the text format. */
        {"application/openmetrics-text,text/plain", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.5,text/plain;q=0.5",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.5,text/plain;q=0.500",
         EXPOSITION_TEXT},
        {"application/openmetrics-text,*/*", EXPOSITION_TEXT},
        {"text/*,application/openmetrics-text", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=2,text/plain", EXPOSITION_TEXT},

        /* q=0 is "not this". */
        {"application/openmetrics-text;q=0", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.000,text/plain;q=0",
         EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.001,text/plain;q=0",
         EXPOSITION_OPENMETRICS},

        /* Junk. */
        {",", EXPOSITION_TEXT},
        {";", EXPOSITION_TEXT},
        {" , ;q=1,; ,", EXPOSITION_TEXT},
        {",,application/openmetrics-text,,", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;;;q=0.5;,text/plain;q=0.4",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=,text/plain;q=0.5",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=x,text/plain;q=0.5",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=!,text/plain;q=0.5",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;q=99999999999999999999,text/plain;"
         "q=0.5",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=", EXPOSITION_OPENMETRICS},
        {"openmetrics", EXPOSITION_TEXT},
        {"application / openmetrics-text", EXPOSITION_TEXT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_number(cases[i].accept, accept_exposition(cases[i].accept),
                     cases[i].want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(gzip),
    };
    return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
