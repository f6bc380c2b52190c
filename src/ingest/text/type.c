#include "ingest/text/type.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum text_type type;
    bool prometheus;
    bool openmetrics;
} types[] = {
    {"counter", TEXT_COUNTER, true, true},
    {"gauge", TEXT_GAUGE, true, true},
    {"histogram", TEXT_HISTOGRAM, true, true},
    {"summary", TEXT_SUMMARY, true, true},
    {"untyped", TEXT_UNTYPED, true, false},
    {"unknown", TEXT_UNTYPED, false, true},
    {"info", TEXT_INFO, false, true},
    {"stateset", TEXT_STATESET, false, true},
    {"gaugehistogram", TEXT_GAUGEHISTOGRAM, true, true},
    {"gauge_histogram", TEXT_GAUGEHISTOGRAM, true, false},
};

static const enum metric_type metrics_of[] = {
    [TEXT_UNTYPED] = METRIC_UNTYPED, [TEXT_COUNTER] = METRIC_COUNTER,
    [TEXT_GAUGE] = METRIC_GAUGE,     [TEXT_HISTOGRAM] = METRIC_HISTOGRAM,
    [TEXT_SUMMARY] = METRIC_SUMMARY, [TEXT_INFO] = METRIC_GAUGE,
    [TEXT_STATESET] = METRIC_GAUGE,  [TEXT_GAUGEHISTOGRAM] = METRIC_UNTYPED,
};
_Static_assert(sizeof(metrics_of) / sizeof(metrics_of[0]) ==
                   TEXT_GAUGEHISTOGRAM + 1,
               "a metric type for each type of the text");

const char *text_type_name(enum text_type type, enum text_format format) {
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].type == type &&
            (format == TEXT_PROMETHEUS ? types[i].prometheus
                                       : types[i].openmetrics))
            return types[i].name;
    return "";
}

enum text_role text_type_role(enum text_type type, enum text_format format,
                              struct text_part suffix) {
    bool strict = format == TEXT_OPENMETRICS;
    if (strict && TEXT_IS(suffix, "_created") &&
        (type == TEXT_COUNTER || type == TEXT_HISTOGRAM ||
         type == TEXT_SUMMARY))
        return ROLE_CREATED;
    switch (type) {
    case TEXT_UNTYPED:
    case TEXT_GAUGE:
    case TEXT_STATESET:
        return suffix.len == 0 ? ROLE_VALUE : ROLE_NONE;
    case TEXT_COUNTER:
        if (strict ? TEXT_IS(suffix, "_total") : suffix.len == 0)
            return ROLE_VALUE;
        return ROLE_NONE;
    case TEXT_INFO:
        return TEXT_IS(suffix, "_info") ? ROLE_VALUE : ROLE_NONE;
    case TEXT_HISTOGRAM:
        if (TEXT_IS(suffix, "_bucket"))
            return ROLE_BUCKET;
        if (suffix.len == 0)
            return ROLE_SKIPPED;
        break;
    case TEXT_GAUGEHISTOGRAM:
        return TEXT_IS(suffix, "_bucket") || TEXT_IS(suffix, "_gcount") ||
                       TEXT_IS(suffix, "_gsum") ||
                       (!strict &&
                        (TEXT_IS(suffix, "_count") || TEXT_IS(suffix, "_sum")))
                   ? ROLE_SKIPPED
                   : ROLE_NONE;
    case TEXT_SUMMARY:
        if (suffix.len == 0)
            return ROLE_QUANTILE;
        break;
    }
    if (TEXT_IS(suffix, "_sum"))
        return ROLE_SUM;
    return TEXT_IS(suffix, "_count") ? ROLE_COUNT : ROLE_NONE;
}

enum metric_type text_type_metric(enum text_type type) {
    return metrics_of[type];
}

bool text_type_parse(struct text_part word, enum text_format format,
                     enum text_type *out) {
    bool strict = format == TEXT_OPENMETRICS;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!(strict ? types[i].openmetrics : types[i].prometheus) ||
            strlen(types[i].name) != word.len)
            continue;
        /* expfmt takes them in any case. */
        if ((strict ? strncmp : strncasecmp)(types[i].name, word.at,
                                             word.len) == 0) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}
