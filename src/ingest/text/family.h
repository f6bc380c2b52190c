/* family: the families that the lines of a text exposition belong to. */
#ifndef TALLYMAN_INGEST_TEXT_FAMILY_H
#define TALLYMAN_INGEST_TEXT_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/text/line.h"
#include "ingest/text/type.h"

/* A family as the text describes it; lines are 0 where there was none. */
struct text_family {
    struct text_part name; /* in OpenMetrics without _total or _info */
    const struct metric_traits *type; /* see type.h */
    const char *help;
    const char *unit;
    unsigned line; /* first mention */
    unsigned help_line;
    unsigned type_line;
    unsigned unit_line;
    unsigned sample_line; /* of the first sample */
};

/* Zeroed but for builder, before the first line. Its family is that of the last
 * sample. */
struct text_families {
    struct builder *builder;
    struct text_family *families; /* for each of the push */
    size_t room;
    struct text_family draft; /* OpenMetrics: that of the lines just read;
                                 without a name there is none */
    bool drafted;             /* draft is not among families yet */
};

/* Takes a HELP, TYPE or UNIT line. */
int text_family_describe(struct text_families *families,
                         const struct text_line *line);

/* Finds or adds the family of a sample, that of the builder, which stays at its
 * index, and the sample's role. */
int text_family_sample(struct text_families *families,
                       const struct text_line *line, enum text_role *role);

/* Adds the family that was described last, if it is not there. After the last
 * line. */
int text_family_close(struct text_families *families,
                      const struct text_line *line);

void text_family_free(struct text_families *families);

#endif
