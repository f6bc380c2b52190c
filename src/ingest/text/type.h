/* type: the types of the text formats, and the samples that they have. */
#ifndef TALLYMAN_INGEST_TEXT_TYPE_H
#define TALLYMAN_INGEST_TEXT_TYPE_H

#include "ingest/text/source.h"
#include "metrics/type.h"

/* What TYPE lines say: a metric type, or one of these, which the formats have
 * besides. Their name is that of the metric type that they are stored as. */
extern const struct metric_traits text_info;
extern const struct metric_traits text_stateset;
/* Its series are counted, and nothing else becomes of them. */
extern const struct metric_traits text_gaugehistogram;

/* What a sample says of its series. */
enum text_role {
    ROLE_NONE, /* the family has no such sample */
    ROLE_VALUE,
    ROLE_BUCKET,
    ROLE_QUANTILE,
    ROLE_SUM,
    ROLE_COUNT,
    ROLE_CREATED,
    ROLE_SKIPPED /* of a gauge histogram; or a quantile of a histogram */
};

/* NULL when the format has no such type. */
const struct metric_traits *text_type_parse(struct text_part word,
                                            enum text_format format);

/* As TYPE lines of the format say it; NULL where the format has none. */
static inline const char *text_type_name(const struct metric_traits *type,
                                         enum text_format format) {
    return format == TEXT_PROMETHEUS ? type->text : type->openmetrics;
}

/* The role of a sample whose name is that of its family and the suffix. */
enum text_role text_type_role(const struct metric_traits *type,
                              enum text_format format, struct text_part suffix);

#endif
