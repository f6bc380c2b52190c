/* type: the types of the text formats, and the samples of each. */
#ifndef TALLYMAN_INGEST_TEXT_TYPE_H
#define TALLYMAN_INGEST_TEXT_TYPE_H

#include "ingest/text/source.h"
#include "metrics/type.h"

/* Types of TYPE lines in addition to the metric types. Each has the name of the
 * metric type that stores it. */
extern const struct metric_traits text_info;
extern const struct metric_traits text_stateset;
/* Not supported: its series are only counted as rejected. */
extern const struct metric_traits text_gaugehistogram;

/* The part of its series that a sample holds. */
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

/* Returns NULL if the format does not have the type. */
const struct metric_traits *text_type_parse(struct text_part word,
                                            enum text_format format);

/* The word for TYPE lines of the format; NULL if the format does not have the
 * type. */
static inline const char *text_type_name(const struct metric_traits *type,
                                         enum text_format format) {
    return format == TEXT_PROMETHEUS ? type->text : type->openmetrics;
}

/* The role of a sample whose name is that of its family and the suffix. */
enum text_role text_type_role(const struct metric_traits *type,
                              enum text_format format, struct text_part suffix);

#endif
