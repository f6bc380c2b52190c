#include "ingest/text/type.h"

#include <string.h>
#include <strings.h>

const struct metric_traits text_info = {"gauge", NULL,        "info", "_info",
                                        NULL,    SHAPE_VALUE, false};
const struct metric_traits text_stateset = {
    "gauge", NULL, "stateset", "", NULL, SHAPE_VALUE, false};
const struct metric_traits text_gaugehistogram = {
    "untyped", "gaugehistogram", "gaugehistogram", "", "le", SHAPE_BUCKETS,
    false};

/* Gauge histograms are not a metric type of the registry. */
static enum text_role gaugehistogram_role(bool strict,
                                          struct text_part suffix) {
    return TEXT_IS(suffix, "_bucket") || TEXT_IS(suffix, "_gcount") ||
                   TEXT_IS(suffix, "_gsum") ||
                   (!strict &&
                    (TEXT_IS(suffix, "_count") || TEXT_IS(suffix, "_sum")))
               ? ROLE_SKIPPED
               : ROLE_NONE;
}

/* Compares the suffix; most samples have none. */
static bool has_suffix(const char *want, struct text_part suffix) {
    return *want == '\0' ? suffix.len == 0
                         : suffix.len == strlen(want) &&
                               memcmp(suffix.at, want, suffix.len) == 0;
}

enum text_role text_type_role(const struct metric_traits *type,
                              enum text_format format,
                              struct text_part suffix) {
    const bool strict = format == TEXT_OPENMETRICS;
    const char *own = strict ? type->suffix : "";
    if (type == &text_gaugehistogram)
        return gaugehistogram_role(strict, suffix);
    if (strict && type->shape != SHAPE_VALUE && TEXT_IS(suffix, "_created"))
        return ROLE_CREATED;
    switch (type->shape) {
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        return has_suffix(own, suffix) ? ROLE_VALUE : ROLE_NONE;
    case SHAPE_OBSERVATIONS:
        if (suffix.len == 0)
            return ROLE_QUANTILE;
        break;
    case SHAPE_BUCKETS:
        if (TEXT_IS(suffix, "_bucket"))
            return ROLE_BUCKET;
        if (suffix.len == 0)
            return ROLE_SKIPPED;
        break;
    }
    if (TEXT_IS(suffix, "_sum"))
        return ROLE_SUM;
    return TEXT_IS(suffix, "_count") ? ROLE_COUNT : ROLE_NONE;
}

/* Ignores the case, like expfmt. A NULL name matches nothing. */
static bool is_name(const char *name, struct text_part word,
                    enum text_format format) {
    return name && strlen(name) == word.len &&
           (format == TEXT_OPENMETRICS ? strncmp : strncasecmp)(name, word.at,
                                                                word.len) == 0;
}

const struct metric_traits *text_type_parse(struct text_part word,
                                            enum text_format format) {
    static const struct metric_traits *const others[] = {
        &text_info, &text_stateset, &text_gaugehistogram};
    const size_t count = sizeof(others) / sizeof(others[0]);
    for (size_t i = 0; i < count + METRIC_TYPES; i++) {
        const struct metric_traits *type =
            i < count ? others[i] : &metric_types[i - count];
        if (is_name(text_type_name(type, format), word, format))
            return type;
    }
    return format == TEXT_PROMETHEUS && is_name("gauge_histogram", word, format)
               ? &text_gaugehistogram
               : NULL;
}
