#include "ingest/otlp/name.h"

#include "check.h"

static const struct {
    const char *name;
    const char *unit;
    enum otlp_suffix suffix;
    const char *want;
    const char *want_unit;
} names[] = {
    /* Names that the SDKs of the corpus send. */
    {"orders", "{order}", OTLP_SUFFIX_TOTAL, "orders_total", ""},
    {"shop.bytes.sent", "By", OTLP_SUFFIX_TOTAL, "shop_bytes_sent_total",
     "bytes"},
    {"cart.items", "1", OTLP_SUFFIX_NONE, "cart_items", ""},
    {"http.client.request.duration", "s", OTLP_SUFFIX_NONE,
     "http_client_request_duration_seconds", "seconds"},
    {"queue.depth", "", OTLP_SUFFIX_RATIO, "queue_depth", ""},
    {"cpu.time", "s", OTLP_SUFFIX_TOTAL, "cpu_time_seconds_total", "seconds"},
    {"temperature", "Cel", OTLP_SUFFIX_RATIO, "temperature_celsius", "celsius"},
    /* Characters. */
    {"a..b--c", "", OTLP_SUFFIX_NONE, "a_b_c", ""},
    {"_a_", "", OTLP_SUFFIX_NONE, "a", ""},
    {"a:b", "", OTLP_SUFFIX_NONE, "a:b", ""},
    {"\xc3\xbc"
     "ber.\xff",
     "", OTLP_SUFFIX_NONE, "ber", ""},
    {"5xx", "", OTLP_SUFFIX_NONE, "_5xx", ""},
    {"", "", OTLP_SUFFIX_NONE, "", ""},
    {"._.", "", OTLP_SUFFIX_NONE, "", ""},
    /* Suffixes. */
    {"total.of.total", "", OTLP_SUFFIX_TOTAL, "of_total", ""},
    {"total", "", OTLP_SUFFIX_TOTAL, "total", ""},
    {"a.total", "", OTLP_SUFFIX_NONE, "a_total", ""},
    {"hit.ratio", "1", OTLP_SUFFIX_RATIO, "hit_ratio", ""},
    {"ratio.of.hits", "1", OTLP_SUFFIX_RATIO, "of_hits_ratio", ""},
    {"ratio.of.hits", "%", OTLP_SUFFIX_RATIO, "ratio_of_hits_percent",
     "percent"},
    {"hits", "1", OTLP_SUFFIX_TOTAL, "hits_total", ""},
    {"hits", " 1", OTLP_SUFFIX_RATIO, "hits", ""},
    /* Units. */
    {"a", "d", OTLP_SUFFIX_NONE, "a_days", "days"},
    {"a", "min", OTLP_SUFFIX_NONE, "a_minutes", "minutes"},
    {"a", "ms", OTLP_SUFFIX_NONE, "a_milliseconds", "milliseconds"},
    {"a", "KBy", OTLP_SUFFIX_NONE, "a_kilobytes", "kilobytes"},
    {"a", "kBy", OTLP_SUFFIX_NONE, "a_kilobytes", "kilobytes"},
    {"a", "TiBy", OTLP_SUFFIX_NONE, "a_tebibytes", "tebibytes"},
    {"a", "by", OTLP_SUFFIX_NONE, "a_by", "by"},
    {"a.seconds.b", "s", OTLP_SUFFIX_NONE, "a_seconds_b", "seconds"},
    {"a.s", "s", OTLP_SUFFIX_NONE, "a_s_seconds", "seconds"},
    {"a", " s\t", OTLP_SUFFIX_NONE, "a_seconds", "seconds"},
    {"a", "{x}", OTLP_SUFFIX_NONE, "a", ""},
    {"a", "{x}s", OTLP_SUFFIX_NONE, "a", ""},
    {"a", "m^2", OTLP_SUFFIX_NONE, "a_m_2", "m_2"},
    {"a", "$", OTLP_SUFFIX_NONE, "a", ""},
    {"a", "x%", OTLP_SUFFIX_NONE, "a_x_", "x_"},
    {"a", "total", OTLP_SUFFIX_TOTAL, "a_total", "total"},
    /* Units per another. */
    {"a", "By/s", OTLP_SUFFIX_NONE, "a_bytes_per_second", "bytes_per_second"},
    {"a", "1/s", OTLP_SUFFIX_RATIO, "a_per_second", "per_second"},
    {"a", "/m", OTLP_SUFFIX_NONE, "a_per_minute", "per_minute"},
    {"a", "{x}/mo", OTLP_SUFFIX_TOTAL, "a_per_month_total", "per_month"},
    {"a", "m/{x}", OTLP_SUFFIX_NONE, "a_meters", "meters"},
    {"a", "m/", OTLP_SUFFIX_NONE, "a_meters", "meters"},
    {"a", "m/ ", OTLP_SUFFIX_NONE, "a_meters", "meters"},
    {"a", "m/$", OTLP_SUFFIX_NONE, "a_meters", "meters"},
    {"a", "x%/y%", OTLP_SUFFIX_NONE, "a_x_per_y", "x_per_y"},
    {"a", "m/s/s", OTLP_SUFFIX_NONE, "a_meters_per_s_s", "meters_per_s_s"},
    {"a.bytes", "By/fortnight", OTLP_SUFFIX_NONE, "a_bytes_per_fortnight",
     "bytes_per_fortnight"},
};

static void name(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct strbuf out = {0};
        struct strbuf unit_out = {0};
        const char *text = names[i].name;
        const char *unit = names[i].unit;
        const ProtobufCBinaryData name_bytes = {
            strlen(text), *text ? (uint8_t *)(uintptr_t)text : NULL};
        const ProtobufCBinaryData unit_bytes = {
            strlen(unit), *unit ? (uint8_t *)(uintptr_t)unit : NULL};
        otlp_name(&name_bytes, &unit_bytes, names[i].suffix, &out, &unit_out);
        check_text(text, out.data ? out.data : "", names[i].want);
        check_text(text, unit_out.data ? unit_out.data : "",
                   names[i].want_unit);
        strbuf_free(&out);
        strbuf_free(&unit_out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(name)};
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
