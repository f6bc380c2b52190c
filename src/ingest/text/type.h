/* type: the types of the text formats, and the samples that they have. */
#ifndef TALLYMAN_INGEST_TEXT_TYPE_H
#define TALLYMAN_INGEST_TEXT_TYPE_H

#include "ingest/text/source.h"

/* What TYPE lines say. */
enum text_type {
    TEXT_UNTYPED,
    TEXT_COUNTER,
    TEXT_GAUGE,
    TEXT_HISTOGRAM,
    TEXT_SUMMARY,
    TEXT_INFO,
    TEXT_STATESET,
    TEXT_GAUGEHISTOGRAM
};

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

/* False when the format has no such type. */
bool text_type_parse(struct text_part word, enum text_format format,
                     enum text_type *out);

/* As TYPE lines of the format say it. */
const char *text_type_name(enum text_type type, enum text_format format);

enum metric_type text_type_metric(enum text_type type);

/* The role of a sample whose name is that of its family and the suffix. */
enum text_role text_type_role(enum text_type type, enum text_format format,
                              struct text_part suffix);

#endif
