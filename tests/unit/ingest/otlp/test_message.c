#include "ingest/otlp/message.h"

#include <protobuf-c/protobuf-c.h>

#include "otlp.pb-c.h"
#include "protobuf_notation.h"
#include "unit.h"

/* Descriptors by a short name. */
#define METRICS &otlp__export_metrics_service_request__descriptor
#define TRACES &otlp__export_trace_service_request__descriptor
#define POINT &otlp__number_data_point__descriptor
#define VALUE &otlp__any_value__descriptor
#define EXPONENTIAL &otlp__exponential_histogram_data_point__descriptor

static const ProtobufCMessage *
read_guarded(const ProtobufCMessageDescriptor *type, const char *bytes,
             size_t len, enum otlp_encoding encoding, struct arena *arena,
             struct err *err) {
    return otlp_read(type, guard_place(bytes, len), len, encoding, arena, err);
}

/* Writes the message with its fields in fixed order. */
static struct strbuf packed(const ProtobufCMessage *message) {
    struct strbuf out = {0};
    size_t len = protobuf_c_message_get_packed_size(message);
    assert_true(strbuf_reserve(&out, len + 1));
    out.len = protobuf_c_message_pack(message, (uint8_t *)out.data);
    return out;
}

static const struct {
    const char *name;
    const ProtobufCMessageDescriptor *type;
    const char *json;
    const char *want; /* see protobuf_notation.h */
} accepted[] = {
    {"nothing", METRICS, "{}", ""},
    {"null is a missing field", METRICS, "{\"resourceMetrics\": null}", ""},
    {"no elements", METRICS, "{\"resourceMetrics\": []}", ""},
    {"unknown fields", METRICS,
     "{\"resource_metrics\": 1, \"ResourceMetrics\": 2, \"x\": {\"y\": []}, "
     "\"\": 3, \"aNameThatIsMuchLongerThanThatOfAnyField\": 4}",
     ""},
    {"the fields of a gauge", METRICS,
     "{\"resourceMetrics\": [{\"resource\": {\"attributes\": [{\"key\": \"k\", "
     "\"value\": {\"stringValue\": \"\\u0000\\u00e9\"}}]}, \"scopeMetrics\": "
     "[{\"scope\": {\"name\": \"s\", \"version\": \"1\"}, \"schemaUrl\": "
     "\"u\", \"metrics\": [{\"name\": \"n\", \"unit\": \"s\", "
     "\"description\": \"d\", \"gauge\": {\"dataPoints\": [{\"asDouble\": "
     "1.5}]}}]}]}]}",
     "1{1{1{1'k' 2{1'%00\xc3\xa9'}}} 2{1{1's' 2'1'} 2{1'n' 2'd' 3's' "
     "5{1{4~1.5}}} 3'u'}}"},
    {"integers as strings", POINT,
     "{\"startTimeUnixNano\": \"18446744073709551615\", \"asInt\": \"-7\", "
     "\"flags\": \"4294967295\"}",
     "2#18446744073709551615 6#18446744073709551609 8=4294967295"},
    {"integers as numbers", POINT,
     "{\"timeUnixNano\": 1764449015123456789, \"asInt\": "
     "-9223372036854775807, \"flags\": 1.0}",
     "3#1764449015123456789 6#9223372036854775809 8=1"},
    {"the smallest and the largest", VALUE,
     "{\"intValue\": \"-9223372036854775808\"}", "3=9223372036854775808"},
    {"the largest unsigned", VALUE, "{\"intValue\": \"9223372036854775807\"}",
     "3=9223372036854775807"},
    {"zero with a sign", POINT, "{\"asInt\": \"-0\", \"timeUnixNano\": -0}",
     "3#0 6#0"},
    {"32 bits with a sign", EXPONENTIAL,
     "{\"scale\": -2147483648, \"zeroThreshold\": 1e-3, \"positive\": "
     "{\"offset\": 2147483647, \"bucketCounts\": [0, \"1\", 2]}}",
     "6=4294967295 8{1=4294967294 2=0 2=1 2=2} 14~0.001"},
    {"doubles", POINT, "{\"asDouble\": 3}", "4~3"},
    {"a double in a string", POINT, "{\"asDouble\": \"2.5\"}", "4~2.5"},
    {"NaN", POINT, "{\"asDouble\": \"NaN\"}", "4~nan"},
    {"infinity", POINT, "{\"asDouble\": \"Infinity\"}", "4~inf"},
    {"minus infinity", POINT, "{\"asDouble\": \"-Infinity\"}", "4~-inf"},
    {"ids", POINT,
     "{\"exemplars\": [{\"traceId\": \"00aAfF\", \"spanId\": \"\", "
     "\"asInt\": 1}]}",
     "5{4'' 5'%00%aa%ff' 6#1}"},
    {"base64", VALUE, "{\"bytesValue\": \"/+8=\"}", "7'%ff%ef'"},
    {"base64 of URLs", VALUE, "{\"bytesValue\": \"_-8\"}", "7'%ff%ef'"},
    {"values within values", VALUE,
     "{\"arrayValue\": {\"values\": [{\"boolValue\": true}, {}, "
     "{\"kvlistValue\": {\"values\": [{\"key\": \"k\", \"value\": "
     "{\"doubleValue\": 1}}]}}]}}",
     "5{1{2=1} 1{} 1{6{1{1'k' 2{4~1}}}}}"},
    {"the deepest that SDKs send", METRICS,
     "{\"resourceMetrics\": [{\"scopeMetrics\": [{\"metrics\": [{\"gauge\": "
     "{\"dataPoints\": [{\"attributes\": [{\"value\": {\"kvlistValue\": "
     "{\"values\": [{\"value\": {\"arrayValue\": {\"values\": [{\"boolValue\": "
     "true}]}}}]}}}]}]}}]}]}]}",
     "1{2{2{5{1{7{2{6{1{2{5{1{2=1}}}}}}}}}}}}"},
    {"one value and nulls", VALUE,
     "{\"intValue\": null, \"boolValue\": false, \"stringValue\": null}",
     "2=0"},
    {"spans", TRACES,
     "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [{\"traceId\": "
     "\"01\", \"spanId\": \"02\", \"name\": \"GET\", \"kind\": 3, "
     "\"startTimeUnixNano\": \"1\", \"endTimeUnixNano\": \"2\", \"status\": "
     "{\"code\": 2, \"message\": \"m\"}}]}]}]}",
     "1{2{2{1'%01' 2'%02' 5'GET' 6=3 7#1 8#2 15{2'm' 3=2}}}}"},
};

static void json(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        struct strbuf bytes = {0};
        const char *text = accepted[i].json;
        put_fields(&bytes, accepted[i].want);
        const ProtobufCMessage *message = read_guarded(
            accepted[i].type, text, strlen(text), OTLP_JSON, &arena, &err);
        if (!message)
            fail_msg("%s: %s", accepted[i].name, err.message);
        const ProtobufCMessage *same =
            read_guarded(accepted[i].type, bytes.data, bytes.len, OTLP_PROTOBUF,
                         &arena, &err);
        if (!same)
            fail_msg("%s: %s", accepted[i].name, err.message);
        struct strbuf got = packed(message);
        struct strbuf want = packed(same);
        check_bytes(accepted[i].name, got.data, got.len, want.data, want.len);
        strbuf_free(&got);
        strbuf_free(&want);
        strbuf_free(&bytes);
        arena_free(&arena);
    }
}

/* Repeated numbers can be separate or packed. */
static void repeated_numbers_may_be_unpacked(void **state) {
    static const char *const notes[] = {
        "6'%01%00%00%00%00%00%00%00%02%00%00%00%00%00%00%00' "
        "7'%00%00%00%00%00%00%f0?'",
        "6#1 6#2 7~1",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(notes); i++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        struct strbuf bytes = {0};
        put_fields(&bytes, notes[i]);
        const Otlp__HistogramDataPoint *point =
            (const Otlp__HistogramDataPoint *)read_guarded(
                &otlp__histogram_data_point__descriptor, bytes.data, bytes.len,
                OTLP_PROTOBUF, &arena, &err);
        assert_non_null(point);
        assert_int_equal(point->n_bucket_counts, 2);
        assert_int_equal(point->bucket_counts[0], 1);
        assert_int_equal(point->bucket_counts[1], 2);
        assert_int_equal(point->n_explicit_bounds, 1);
        assert_true(point->explicit_bounds[0] == 1);
        strbuf_free(&bytes);
        arena_free(&arena);
    }
}

static const struct {
    const char *name;
    const ProtobufCMessageDescriptor *type;
    const char *json;
    enum err_code code;
    const char *want;
} refused[] = {
    {"nothing at all", METRICS, "", ERR_SYNTAX,
     "not valid JSON: the text ends too early"},
    {"not an object", METRICS, "[]", ERR_VALUE,
     "is an array, must be an object"},
    {"null", METRICS, "null", ERR_VALUE, "is null, must be an object"},
    {"not an array", METRICS, "{\"resourceMetrics\": {}}", ERR_VALUE,
     "resourceMetrics: is an object, must be an array"},
    {"not a message", METRICS,
     "{\"resourceMetrics\": [{}, {\"scopeMetrics\": [{\"metrics\": "
     "[null]}]}]}",
     ERR_VALUE,
     "resourceMetrics[1].scopeMetrics[0].metrics[0]: is null, must be an "
     "object"},
    {"an enum by name", METRICS,
     "{\"resourceMetrics\": [{\"scopeMetrics\": [{\"metrics\": [{\"sum\": "
     "{\"aggregationTemporality\": \"DELTA\"}}]}]}]}",
     ERR_VALUE,
     "resourceMetrics[0].scopeMetrics[0].metrics[0].sum."
     "aggregationTemporality: is not an integer, must be an integer of 64 "
     "bits, or one in a string"},
    {"text", VALUE, "{\"stringValue\": 1}", ERR_VALUE,
     "stringValue: is a number, must be a string"},
    {"a boolean", VALUE, "{\"boolValue\": 1}", ERR_VALUE,
     "boolValue: is a number, must be true or false"},
    {"an integer", VALUE, "{\"intValue\": true}", ERR_VALUE,
     "intValue: is true or false, must be an integer of 64 bits, or one in a "
     "string"},
    {"half an integer", VALUE, "{\"intValue\": 0.5}", ERR_VALUE,
     "intValue: is 0.5, must be an integer of 64 bits, or one in a string"},
    {"a large integer", VALUE, "{\"intValue\": 1e19}", ERR_VALUE,
     "intValue: is 1e+19, must be an integer of 64 bits, or one in a string"},
    {"an integer of 20 digits", VALUE, "{\"intValue\": 18446744073709551615}",
     ERR_VALUE,
     "intValue: is too large, must be an integer of 64 bits, or one in a "
     "string"},
    {"an integer of 65 bits", POINT,
     "{\"timeUnixNano\": \"18446744073709551616\"}", ERR_VALUE,
     "timeUnixNano: is not an integer, must be an integer of 64 bits, or one "
     "in a string"},
    {"an integer with space", POINT, "{\"timeUnixNano\": \" 1\"}", ERR_VALUE,
     "timeUnixNano: is not an integer, must be an integer of 64 bits, or one "
     "in a string"},
    {"an integer of no digits", POINT, "{\"asInt\": \"-\"}", ERR_VALUE,
     "asInt: is not an integer, must be an integer of 64 bits, or one in a "
     "string"},
    {"an integer beyond the sign", VALUE,
     "{\"intValue\": \"9223372036854775808\"}", ERR_VALUE,
     "intValue: has too many digits, must be an integer of 64 bits"},
    {"33 bits", POINT, "{\"flags\": 4294967296}", ERR_VALUE,
     "flags: has too many digits, must be an integer of 32 bits"},
    {"33 bits with a sign", EXPONENTIAL, "{\"scale\": 2147483648}", ERR_VALUE,
     "scale: has too many digits, must be an integer of 32 bits"},
    {"a negative number", POINT, "{\"timeUnixNano\": \"-1\"}", ERR_VALUE,
     "timeUnixNano: is negative, must be at least 0"},
    {"a double", POINT, "{\"asDouble\": \"one\"}", ERR_VALUE,
     "asDouble: is an unknown string, must be a number, or \"NaN\", "
     "\"Infinity\" or \"-Infinity\""},
    {"an empty double", POINT, "{\"asDouble\": \"\"}", ERR_VALUE,
     "asDouble: is an unknown string, must be a number, or \"NaN\", "
     "\"Infinity\" or \"-Infinity\""},
    {"an invalid double", POINT, "{\"asDouble\": []}", ERR_VALUE,
     "asDouble: is an array, must be a number, or \"NaN\", \"Infinity\" or "
     "\"-Infinity\""},
    {"two values", POINT, "{\"asDouble\": 1, \"asInt\": 1}", ERR_VALUE,
     "asInt: is a second value, must be the only one"},
    {"half a byte", POINT, "{\"exemplars\": [{\"traceId\": \"abc\"}]}",
     ERR_VALUE, "exemplars[0].traceId: must be hexadecimal digits"},
    {"not hexadecimal", POINT, "{\"exemplars\": [{\"spanId\": \"0g\"}]}",
     ERR_VALUE, "exemplars[0].spanId: must be hexadecimal digits"},
    {"not base64", VALUE, "{\"bytesValue\": \"a\"}", ERR_VALUE,
     "bytesValue: must be base64"},
};

static void errors(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        const char *text = refused[i].json;
        if (read_guarded(refused[i].type, text, strlen(text), OTLP_JSON, &arena,
                         &err))
            fail_msg("%s: accepted", refused[i].name);
        check_text(refused[i].name, err.message, refused[i].want);
        check_number(refused[i].name, err.code, refused[i].code);
        arena_free(&arena);
    }
}

static void protobuf_errors(void **state) {
    static const struct {
        const char *name;
        const char *bytes;
        size_t len;
        enum err_code code;
        const char *want;
    } cases[] = {
        {"cut off", BYTES("\x0a\x02\x0a"), ERR_SYNTAX,
         "it is not an OTLP ExportMetricsServiceRequest"},
        {"JSON", BYTES("{}"), ERR_SYNTAX,
         "it is not an OTLP ExportMetricsServiceRequest"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        if (read_guarded(METRICS, cases[i].bytes, cases[i].len, OTLP_PROTOBUF,
                         &arena, &err))
            fail_msg("%s: accepted", cases[i].name);
        check_text(cases[i].name, err.message, cases[i].want);
        check_number(cases[i].name, err.code, cases[i].code);
        arena_free(&arena);
    }
}

/* Nested arrays: protobuf-c recurses for each. */
static struct strbuf nested(size_t levels) {
    struct strbuf out = {0};
    struct strbuf outer = {0};
    put_fields(&out, "2=1");
    for (size_t i = 0; i < levels; i++) {
        strbuf_reset(&outer);
        put_varint(&outer, 1 << 3 | 2);
        put_bytes(&outer, &out);
        strbuf_reset(&out);
        put_varint(&out, 5 << 3 | 2);
        put_bytes(&out, &outer);
    }
    strbuf_free(&outer);
    return out;
}

static void deep_nesting_is_limited(void **state) {
    static const struct {
        size_t levels;
        const char *want;
    } cases[] = {
        {8, ""},
        {20000, "its values are nested too deeply"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        struct strbuf bytes = nested(cases[i].levels);
        const ProtobufCMessage *message = read_guarded(
            VALUE, bytes.data, bytes.len, OTLP_PROTOBUF, &arena, &err);
        check_text("nested", err.message, cases[i].want);
        check_number("nested", message != NULL, *cases[i].want == '\0');
        check_number("nested", err.code,
                     *cases[i].want == '\0' ? ERR_NONE : ERR_LIMIT);
        strbuf_free(&bytes);
        arena_free(&arena);
    }
}

/* Many small messages need far more memory than their bytes. */
static void memory_of_a_message_is_limited(void **state) {
    static const char *const want[] = {
        [OTLP_JSON] = "its values take too much memory; push fewer at a time",
        [OTLP_PROTOBUF] =
            "its 100000 bytes take more than 3265536 bytes of memory"};
    (void)state;
    for (int encoding = OTLP_JSON; encoding <= OTLP_PROTOBUF; encoding++) {
        struct arena arena = {0};
        struct err err = {.message = ""};
        struct strbuf bytes = {0};
        strbuf_add_string(&bytes,
                          encoding == OTLP_JSON ? "{\"dataPoints\":[" : "");
        for (size_t i = 0; i < 50000; i++)
            strbuf_add(&bytes,
                       encoding == OTLP_PROTOBUF ? "\x0a\x00"
                       : i > 0                   ? ",{}"
                                                 : "{}",
                       encoding == OTLP_JSON && i > 0 ? 3 : 2);
        strbuf_add_string(&bytes, encoding == OTLP_JSON ? "]}" : "");
        assert_null(read_guarded(&otlp__exponential_histogram__descriptor,
                                 bytes.data, bytes.len,
                                 (enum otlp_encoding)encoding, &arena, &err));
        check_text("memory", err.message, want[encoding]);
        check_number("memory", err.code, ERR_LIMIT);
        strbuf_free(&bytes);
        arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json),
        cmocka_unit_test(errors),
        cmocka_unit_test(deep_nesting_is_limited),
        cmocka_unit_test(protobuf_errors),
        cmocka_unit_test(memory_of_a_message_is_limited),
        cmocka_unit_test(repeated_numbers_may_be_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
