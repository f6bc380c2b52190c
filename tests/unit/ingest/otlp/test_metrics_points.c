/* Accepted points, and refused ones by reason. */
#include "metrics/histogram.h"
#include "otlp_fixture.h"

/* A push of one metric, from the service s or from no service. */
#define METRIC_OF(resource, metric)                                            \
    "{\"resourceMetrics\":[{" resource "\"scopeMetrics\":[{\"metrics\":["      \
    "{\"name\":\"m\"," metric "}]}]}]}"
#define SERVICE                                                                \
    "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"       \
    "{\"stringValue\":\"s\"}}]},"
#define PROCESS                                                                \
    "\"resource\":{\"attributes\":[{\"key\":\"service.instance.id\","          \
    "\"value\":{\"stringValue\":\"i\"}},{\"key\":\"service.name\",\"value\":"  \
    "{\"stringValue\":\"s\"}}]},"
#define M(metric) METRIC_OF("", metric)
#define GAUGE(points) M("\"gauge\":{\"dataPoints\":[" points "]}")
#define SUM(temporality, monotonic, points)                                    \
    "\"sum\":{\"aggregationTemporality\":" temporality                         \
    ",\"isMonotonic\":" monotonic ",\"dataPoints\":[" points "]}"
#define ADDED(points) M(SUM("1", "true", points))
#define HISTOGRAM(point)                                                       \
    M("\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":["           \
      "{" point "}]}")
#define EXPONENTIAL(point)                                                     \
    M("\"exponentialHistogram\":{\"aggregationTemporality\":1,"                \
      "\"dataPoints\":[{" point "}]}")
#define SCOPED(scope)                                                          \
    "{\"scope\":{" scope                                                       \
    "},\"metrics\":[{\"name\":\"m\"," SUM("2", "true", "{\"asInt\":2}") "}]}"
#define LABELLED(key, value)                                                   \
    "{\"asInt\":1,\"attributes\":[{\"key\":\"" key "\",\"value\":" value "}]}"
#define TRACE "00112233445566778899aabbccddeeff"
#define SPAN "0123456789abcdef"

static const struct row {
    const char *name;
    const char *json;
    const char *want; /* see write_push */
} rows[] = {
    {"nothing", "{}", ""},
    {"no points", GAUGE(""), ""},
    {"a metric without data", M("\"unit\":\"1\""), ""},
    {"no bytes", "", ""},

    /* Streams. */
    {"a gauge", GAUGE("{\"asDouble\":-1.5}"),
     "gauge m \"\" \n  {} -1.5 + {} 0\n"},
    {"a ratio", M("\"unit\":\"1\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}"),
     "gauge m_ratio \"\" \n  {} 1 + {} 0\n"},
    {"a gauge of a process has its instance",
     METRIC_OF(PROCESS, "\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}"),
     "gauge m \"\" \n"
     "  {} 1 + {\"job\":\"s\",\"service_name\":\"s\",\"instance\":\"i\"} 1\n"},
    {"delta", METRIC_OF(PROCESS, SUM("1", "true", "{\"asInt\":\"2\"}")),
     "counter m_total \"\" \n"
     "  {} 2 + {\"job\":\"s\",\"service_name\":\"s\"} 1 delta\n"},
    {"an increment of 0", ADDED("{\"asInt\":0}"),
     "counter m_total \"\" \n  {} 0 + {} 0 delta\n"},
    {"running totals",
     METRIC_OF(PROCESS,
               SUM("2", "true",
                   "{\"asInt\":2,\"startTimeUnixNano\":\"1795938762524000000\"}"
                   ",{\"asInt\":3,\"startTimeUnixNano\":"
                   "\"18446744073709551615\"}")),
     "counter m_total \"\" \n"
     "  {} 2 + {\"job\":\"s\",\"service_name\":\"s\",\"instance\":\"i\"} 1 "
     "total of {\"instance\":\"i\",\"job\":\"s\"} since 1795938762524000000\n"
     "  {} 3 + {\"job\":\"s\",\"service_name\":\"s\",\"instance\":\"i\"} 1 "
     "total of {\"instance\":\"i\",\"job\":\"s\"} since 0\n"},
    {"running totals of two scopes of a process",
     "{\"resourceMetrics\":[{" PROCESS
     "\"scopeMetrics\":[" SCOPED("\"name\":\"b\"") "," SCOPED(
         "\"name\":\"a\",\"version\":\"2\",\"attributes\":["
         "{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}]") "]}]}",
     "counter m_total \"\" \n"
     "  {} 2 + {\"job\":\"s\",\"otel_scope_name\":\"b\","
     "\"service_name\":\"s\",\"instance\":\"i\"} 1 total of "
     "{\"instance\":\"i\",\"job\":\"s\",\"otel_scope_name\":\"b\"} since 0\n"
     "  {} 2 + {\"job\":\"s\",\"otel_scope_name\":\"a\","
     "\"otel_scope_version\":\"2\",\"otel_scope_k\":\"v\","
     "\"service_name\":\"s\",\"instance\":\"i\"} 1 total of "
     "{\"instance\":\"i\",\"job\":\"s\",\"otel_scope_k\":\"v\","
     "\"otel_scope_name\":\"a\",\"otel_scope_version\":\"2\"} since 0\n"},
    {"running totals without a service",
     METRIC_OF(SERVICE, SUM("2", "true", "{\"asInt\":2}")),
     "temporality 1 (m_total)\n"
     "m_total: running totals of an unknown process; set "
     "service.instance.id, or prefer delta temporality "
     "(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta)\n"},
    {"a missing temporality",
     M("\"sum\":{\"isMonotonic\":true,\"dataPoints\":[{\"asInt\":1}]}"),
     "temporality 1 (m_total)\n"
     "m_total: aggregationTemporality is 0, must be 1 (delta) or 2 "
     "(cumulative)\n"},
    {"an unknown temporality", M(SUM("3", "false", "{\"asInt\":1}")),
     "temporality 1 (m)\n"
     "m: aggregationTemporality is 3, must be 1 (delta) or 2 (cumulative)\n"},
    {"a sum that is not monotonic", M(SUM("2", "false", "{\"asInt\":-3}")),
     "gauge m \"\" \n  {} -3 + {} 0\n"},
    {"its delta", METRIC_OF(PROCESS, SUM("1", "false", "{\"asInt\":-3}")),
     "gauge m \"\" \n"
     "  {} -3 + {\"job\":\"s\",\"service_name\":\"s\"} 1 relative\n"},
    {"a summary",
     M("\"summary\":{\"dataPoints\":[{\"count\":1,\"sum\":1},{}]}"),
     "unsupported_type 2 (m)\n"
     "m: summaries are not supported, must be a histogram\n"},

    /* Values. */
    {"NaN", ADDED("{\"asDouble\":\"NaN\"},{\"asDouble\":1}"),
     "counter m_total \"\" \n  {} 1 + {} 0 delta\n"
     "invalid_value 1 (m_total)\n"
     "m_total: the value is nan, must be finite\n"},
    {"infinity", GAUGE("{\"asDouble\":\"-Infinity\"}"),
     "invalid_value 1 (m)\nm: the value is -inf, must be finite\n"},
    {"the largest integers",
     GAUGE("{\"asInt\":\"9007199254740992\"},"
           "{\"asInt\":\"-9007199254740993\"}"),
     "gauge m \"\" \n  {} 9007199254740992 + {} 0\n"
     "invalid_value 1 (m)\n"
     "m: the value is -9007199254740993, must be between -2^53 and 2^53, or a "
     "double\n"},
    {"an integer beyond them", GAUGE("{\"asInt\":\"9007199254740994\"}"),
     "invalid_value 1 (m)\n"
     "m: the value is 9007199254740994, must be between -2^53 and 2^53, or a "
     "double\n"},
    {"no value", GAUGE("{}"),
     "invalid_sample 1 (m)\n"
     "m: it has no value, must have asDouble or asInt\n"},
    {"no recorded value",
     GAUGE("{\"asInt\":1,\"flags\":1},{\"asInt\":1,\"flags\":3},"
           "{\"asInt\":1,\"flags\":2}"),
     "gauge m \"\" \n  {} 1 + {} 0\n"
     "invalid_value 2 (m)\n"
     "m: it has no recorded value (flags), must have one\n"},

    /* Labels. */
    {"labels", GAUGE(LABELLED("b", "{\"stringValue\":\"x\"}")),
     "gauge m \"\" \n  {\"b\":\"x\"} 1 + {} 0\n"},
    {"keys that are not label names",
     GAUGE(LABELLED("__a__", "{\"boolValue\":true}") "," LABELLED(
         ".", "{\"boolValue\":true}")),
     "invalid_labels 2 (m)\n"
     "m: \"__a__\" is not a label name, must be letters, digits and _, not "
     "begin with a digit or __, and be at most 200 bytes long\n"},
    {"an empty key", GAUGE(LABELLED("", "{\"boolValue\":true}")),
     "invalid_labels 1 (m)\n"
     "m: the key of an attribute has no letter or digit, must have one\n"},
    {"NUL in a label", GAUGE(LABELLED("a", "{\"stringValue\":\"\\u0000\"}")),
     "invalid_labels 1 (m a)\n"
     "m: the value of the label a is not text, must be UTF-8 without NUL\n"},
    {"attributes of the resource and of the point",
     METRIC_OF(
         "\"resource\":{\"attributes\":["
         "{\"key\":\"instance\",\"value\":{\"stringValue\":\"r\"}},"
         "{\"key\":\"job\",\"value\":{\"stringValue\":\"r\"}},"
         "{\"key\":\"zone\",\"value\":{\"stringValue\":\"r\"}},"
         "{\"key\":\"__x__\",\"value\":{\"stringValue\":\"r\"}},"
         "{\"key\":\".\",\"value\":{\"stringValue\":\"r\"}},"
         "{\"key\":\"nul\",\"value\":{\"stringValue\":\"\\u0000\"}},"
         "{\"key\":\"service.namespace\",\"value\":{\"stringValue\":"
         "\"n\"}},"
         "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"s\"}},"
         "{\"key\":\"service.instance.id\",\"value\":{\"intValue\":7}}]}"
         ",",
         "\"gauge\":{\"dataPoints\":[{\"asInt\":1},{\"asInt\":2,"
         "\"attributes\":[{\"key\":\"zone\",\"value\":{\"stringValue\":"
         "\"p\"}},{\"key\":\"job\",\"value\":{\"stringValue\":\"p\"}}]}]}"),
     "gauge m \"\" \n"
     "  {} 1 + {\"job\":\"n/s\",\"service_name\":\"s\",\"service_namespace\":"
     "\"n\",\"zone\":\"r\",\"instance\":\"7\"} 1\n"
     "  {\"job\":\"p\",\"zone\":\"p\"} 2 + {\"job\":\"n/s\",\"service_name\":"
     "\"s\",\"service_namespace\":\"n\",\"instance\":\"7\"} 1\n"},
    {"the same names without an instance",
     METRIC_OF("\"resource\":{\"attributes\":["
               "{\"key\":\"instance\",\"value\":{\"stringValue\":\"r\"}},"
               "{\"key\":\"job\",\"value\":{\"stringValue\":\"r\"}},"
               "{\"key\":\"service.namespace\",\"value\":{\"stringValue\":"
               "\"n\"}}]},",
               SUM("1", "true", "{\"asInt\":1}")),
     "counter m_total \"\" \n"
     "  {} 1 + {\"instance\":\"r\",\"job\":\"r\",\"service_namespace\":\"n\"} "
     "0 delta\n"},
    {"attributes of the scope",
     "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":"
     "\"otel_scope_name\",\"value\":{\"stringValue\":\"r\"}}]},"
     "\"scopeMetrics\":[{\"scope\":{\"name\":\"s\",\"attributes\":[{\"key\":"
     "\"a.b\",\"value\":{\"intValue\":1}},{\"key\":\"version\",\"value\":"
     "{\"intValue\":2}}]},\"schemaUrl\":\"u\",\"metrics\":[{\"name\":\"m\","
     "\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}}]},{\"metrics\":[{\"name\":"
     "\"n\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}}]}]}]}",
     "gauge m \"\" \n"
     "  {} 1 + {\"otel_scope_name\":\"s\",\"otel_scope_schema_url\":\"u\","
     "\"otel_scope_a_b\":\"1\",\"otel_scope_version\":\"2\"} 0\n"
     "gauge n \"\" \n  {} 1 + {\"otel_scope_name\":\"r\"} 0\n"},

    /* Names. */
    {"two names with the same family name",
     "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":["
     "{\"name\":\"a.total\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}},"
     "{\"name\":\"a\"," SUM(
         "1", "true",
         "{\"asInt\":2},{\"asInt\":3}") "},"
                                        "{\"name\":\"a-total\",\"gauge\":{"
                                        "\"dataPoints\":[{\"asInt\":4}]}}]}]}]"
                                        "}",
     "gauge a_total \"\" \n  {} 1 + {} 0\n  {} 4 + {} 0\n"
     "type_mismatch 2 (a_total)\n"
     "a_total: pushed as counter and, earlier in the same push, as gauge; a "
     "name must have one type\n"},
    {"no name",
     "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":["
     "{\"name\":\"\\u00fc.\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}},"
     "{\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}}]}]}]}",
     "invalid_sample 2 (\"\")\n"
     ": is not a metric name, must be letters, digits, _ and :, not begin "
     "with a digit or __, and be at most 200 bytes long\n"},

    /* Histograms. */
    {"a histogram",
     HISTOGRAM("\"count\":\"6\",\"sum\":7.5,\"bucketCounts\":[\"1\",2,3],"
               "\"explicitBounds\":[-0.0,2.5]"),
     "histogram m \"\" \n"
     "  {} count 6 sum 7.5 0:1 2.5:2 +Inf:3 + {} 0 delta\n"},
    {"without a sum",
     HISTOGRAM("\"count\":1,\"bucketCounts\":[1,0],\"explicitBounds\":[1]"),
     "histogram m \"\" \n  {} count 1 sum 0 1:1 +Inf:0 + {} 0 delta\n"},
    {"without buckets", HISTOGRAM("\"count\":3,\"sum\":4"),
     "histogram m \"\" \n  {} count 3 sum 4 +Inf:3 + {} 0 delta\n"},
    {"one bucket", HISTOGRAM("\"count\":3,\"sum\":4,\"bucketCounts\":[3]"),
     "histogram m \"\" \n  {} count 3 sum 4 +Inf:3 + {} 0 delta\n"},
    {"a count unlike the buckets'",
     HISTOGRAM("\"count\":3,\"bucketCounts\":[1,1],\"explicitBounds\":[1]"),
     "invalid_sample 1 (m)\n"
     "m: its buckets add up to 2 and its count is 3, must be equal\n"},
    {"a bucket too few",
     HISTOGRAM("\"count\":1,\"bucketCounts\":[1],\"explicitBounds\":[1]"),
     "invalid_sample 1 (m)\n"
     "m: it has 1 bounds and 1 buckets, must have one more bucket than "
     "bounds\n"},
    {"bounds without buckets",
     HISTOGRAM("\"count\":1,\"explicitBounds\":[1,2]"),
     "invalid_sample 1 (m)\n"
     "m: it has 2 bounds and 0 buckets, must have one more bucket than "
     "bounds\n"},
    {"bounds that do not ascend",
     HISTOGRAM("\"count\":0,\"bucketCounts\":[0,0,0],\"explicitBounds\":[1,1]"),
     "invalid_sample 1 (m)\n"
     "m: explicitBounds[1] is 1, must be finite and greater than the bound "
     "before it\n"},
    {"a bound of NaN",
     HISTOGRAM("\"count\":0,\"bucketCounts\":[0,0],\"explicitBounds\":"
               "[\"NaN\"]"),
     "invalid_sample 1 (m)\n"
     "m: explicitBounds[0] is nan, must be finite and greater than the bound "
     "before it\n"},
    {"an infinite bound",
     HISTOGRAM("\"count\":0,\"bucketCounts\":[0,0],\"explicitBounds\":"
               "[\"Infinity\"]"),
     "invalid_sample 1 (m)\n"
     "m: explicitBounds[0] is inf, must be finite and greater than the bound "
     "before it\n"},
    {"counts that overflow",
     HISTOGRAM("\"count\":0,\"bucketCounts\":[\"9223372036854775808\","
               "\"9223372036854775808\"],\"explicitBounds\":[1]"),
     "invalid_value 1 (m)\n"
     "m: its count is above 9007199254740992, must be at most that in one "
     "push\n"},
    {"no recorded value of a histogram", HISTOGRAM("\"flags\":1"),
     "invalid_value 1 (m)\n"
     "m: it has no recorded value (flags), must have one\n"},

    /* Exponential histograms. */
    {"powers of 2",
     EXPONENTIAL("\"count\":21,\"sum\":9,\"scale\":0,\"zeroCount\":1,"
                 "\"positive\":{\"offset\":-1,\"bucketCounts\":[2,0,3]},"
                 "\"negative\":{\"bucketCounts\":[\"5\",10]}"),
     "histogram m \"\" \n"
     "  {} count 21 sum 9 + {} 0 delta observed 0x1,1x2,4x3,-1x5,-2x10\n"},
    {"a zero bucket with a width",
     EXPONENTIAL("\"count\":1,\"zeroCount\":1,\"zeroThreshold\":0.25"),
     "histogram m \"\" \n  {} count 1 sum 0 + {} 0 delta observed 0.25x1\n"},
    {"nothing observed", EXPONENTIAL("\"count\":0,\"scale\":20"),
     "histogram m \"\" \n  {} count 0 sum 0 + {} 0 delta\n"},
    {"the ends of the doubles",
     EXPONENTIAL("\"count\":2,\"scale\":-10,\"positive\":{\"offset\":-3,"
                 "\"bucketCounts\":[1,0,0,1]}"),
     "histogram m \"\" \n"
     "  {} count 2 sum 0 + {} 0 delta observed 5e-324x1,+Infx1\n"},
    {"a scale too small", EXPONENTIAL("\"scale\":-11"),
     "invalid_sample 1 (m)\n"
     "m: its scale is -11, must be between -10 and 20\n"},
    {"a scale too large", EXPONENTIAL("\"scale\":2147483647"),
     "invalid_sample 1 (m)\n"
     "m: its scale is 2147483647, must be between -10 and 20\n"},
    {"an index beyond 32 bits",
     EXPONENTIAL("\"count\":1,\"positive\":{\"offset\":2147483647,"
                 "\"bucketCounts\":[1]}"),
     "invalid_sample 1 (m)\n"
     "m: the offset of its buckets is 2147483647, must be smaller\n"},
    {"an exponential count unlike the buckets'",
     EXPONENTIAL("\"count\":1,\"zeroCount\":1,\"positive\":{\"bucketCounts\":"
                 "[1]}"),
     "invalid_sample 1 (m)\n"
     "m: its buckets add up to 2 and its count is 1, must be equal\n"},
    {"exponential counts that overflow",
     EXPONENTIAL("\"count\":1,\"zeroCount\":\"9007199254740992\","
                 "\"negative\":{\"bucketCounts\":[1]}"),
     "invalid_value 1 (m)\n"
     "m: its count is above 9007199254740992, must be at most that in one "
     "push\n"},
    {"a negative threshold", EXPONENTIAL("\"zeroThreshold\":-1"),
     "invalid_sample 1 (m)\n"
     "m: its zeroThreshold is -1, must be a number of at least 0\n"},
    {"a threshold of NaN", EXPONENTIAL("\"zeroThreshold\":\"NaN\""),
     "invalid_sample 1 (m)\n"
     "m: its zeroThreshold is nan, must be a number of at least 0\n"},

    /* Exemplars. */
    {"exemplars",
     ADDED("{\"asInt\":1,\"exemplars\":["
           "{\"traceId\":\"" TRACE "\",\"spanId\":\"" SPAN "\",\"asDouble\":"
           "0.5,\"timeUnixNano\":\"1795938762524000000\","
           "\"filteredAttributes\":[{\"key\":\"user\",\"value\":"
           "{\"stringValue\":\"u\"}}]},"
           "{\"traceId\":\"" TRACE "\",\"spanId\":\"" SPAN "\",\"asInt\":-2},"
           "{\"traceId\":\"" TRACE "\",\"asInt\":1},"
           "{\"spanId\":\"" SPAN "\",\"asInt\":1},"
           "{\"traceId\":\"" TRACE "00\",\"spanId\":\"" SPAN "\",\"asInt\":1},"
           "{\"traceId\":\"00000000000000000000000000000000\",\"spanId\":"
           "\"" SPAN "\",\"asInt\":1},"
           "{\"traceId\":\"" TRACE "\",\"spanId\":\"" SPAN "\"},"
           "{\"traceId\":\"" TRACE "\",\"spanId\":\"" SPAN "\",\"asDouble\":"
           "\"NaN\"}]}"),
     "counter m_total \"\" \n  {} 1 + {} 0 delta\n"
     "    {\"span_id\":\"" SPAN "\",\"trace_id\":\"" TRACE
     "\"} 0.5 at 1795938762.524\n"
     "    {\"span_id\":\"" SPAN "\",\"trace_id\":\"" TRACE "\"} -2 at 0.000\n"},
    {"exemplars of buckets",
     EXPONENTIAL("\"count\":0,\"exemplars\":[{\"traceId\":\"" TRACE
                 "\",\"spanId\":\"" SPAN "\",\"asInt\":1}]"),
     "histogram m \"\" \n  {} count 0 sum 0 + {} 0 delta\n"
     "    {\"span_id\":\"" SPAN "\",\"trace_id\":\"" TRACE "\"} 1 at 0.000\n"},
    {"a gauge has no exemplars",
     GAUGE("{\"asInt\":1,\"exemplars\":[{\"traceId\":\"" TRACE
           "\",\"spanId\":\"" SPAN "\",\"asInt\":1}]}"),
     "gauge m \"\" \n  {} 1 + {} 0\n"},
};

/* In both encodings. */
static void points(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *json = rows[i].json;
        struct strbuf got = read_push(json, strlen(json), OTLP_JSON);
        check_text(rows[i].name, got.data, rows[i].want);
        strbuf_free(&got);
        if (*json == '\0')
            json = "{}";
        struct strbuf bytes = to_protobuf(json, strlen(json));
        got = read_push(bytes.data, bytes.len, OTLP_PROTOBUF);
        check_text(rows[i].name, got.data, rows[i].want);
        strbuf_free(&bytes);
        strbuf_free(&got);
    }
}

/* Appends count items; %zu becomes the item's number. */
static void add_list(struct strbuf *out, const char *before, const char *item,
                     size_t count) {
    const char *number = strstr(item, "%zu");
    strbuf_add_string(out, before);
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(out, i > 0 ? "," : "");
        strbuf_add(out, item, number ? (size_t)(number - item) : strlen(item));
        if (number)
            strbuf_printf(out, "%zu%s", i, number + 3);
    }
}

enum limit { ATTRIBUTES, BOUNDS, BUCKETS };

static void write_limit(struct strbuf *out, enum limit limit, size_t count) {
    strbuf_add_string(out, "{\"resourceMetrics\":[{\"scopeMetrics\":[{"
                           "\"metrics\":[{\"name\":\"m\",");
    switch (limit) {
    case ATTRIBUTES:
        add_list(out,
                 "\"gauge\":{\"dataPoints\":[{\"asInt\":1,\"attributes\":[",
                 "{\"key\":\"k%zu\",\"value\":{\"intValue\":1}}", count);
        break;
    case BOUNDS:
        add_list(out,
                 "\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":"
                 "[{\"bucketCounts\":[",
                 "0", count + 1);
        add_list(out, "],\"explicitBounds\":[", "%zu", count);
        break;
    case BUCKETS:
        add_list(out,
                 "\"exponentialHistogram\":{\"aggregationTemporality\":1,"
                 "\"dataPoints\":[{\"positive\":{\"bucketCounts\":[",
                 "0", count);
        break;
    }
    strbuf_printf(out, "]}%s]}}]}]}]}", limit == BUCKETS ? "}" : "");
}

/* Each limit, at the limit and one above. */
static void limits(void **state) {
    static const struct {
        enum limit limit;
        size_t max;
        const char *want;
    } cases[] = {
        {ATTRIBUTES, PUSHED_LABELS_MAX,
         "invalid_labels 1 (m)\n"
         "m: it has more than 64 attributes, must have at most 32\n"},
        {BOUNDS, HISTOGRAM_BOUNDS_MAX,
         "invalid_sample 1 (m)\n"
         "m: it has 201 bounds, must have at most 200\n"},
        {BUCKETS, 4096,
         "invalid_sample 1 (m)\n"
         "m: it has 4097 buckets, must have at most 4096\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases) * 2; i++) {
        struct strbuf json = {0};
        write_limit(&json, cases[i / 2].limit, cases[i / 2].max + i % 2);
        struct strbuf got = read_push(json.data, json.len, OTLP_JSON);
        if (i % 2 == 1)
            check_text("limit", got.data, cases[i / 2].want);
        else if (strstr(got.data, "invalid"))
            fail_msg("%s", got.data);
        strbuf_free(&json);
        strbuf_free(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("points", tests, NULL, NULL);
}
