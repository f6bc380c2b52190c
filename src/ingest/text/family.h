/* family: the families that the lines of a text exposition belong to. */
#ifndef TALLYMAN_INGEST_TEXT_FAMILY_H
#define TALLYMAN_INGEST_TEXT_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/text/line.h"
#include "ingest/text/type.h"

/* The description of a family; lines are 0 if missing. */
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

/* A struct with builder set and all else zero is valid before the first line.
 * The builder's family is that of the last sample. */
struct text_families {
    struct builder *builder;
    struct text_family *families; /* one for each family of the push */
    size_t room;
    struct text_family draft; /* OpenMetrics: the family being described; none
                                 without a name */
    bool drafted;             /* draft is not among families yet */
};

/* Applies a HELP, TYPE or UNIT line. */
int text_family_describe(struct text_families *families,
                         const struct text_line *line);

/* Finds or adds the family of a sample, makes it the builder's, and sets the
 * sample's role. The index of a family does not change. */
int text_family_sample(struct text_families *families,
                       const struct text_line *line, enum text_role *role);

/* Adds the last described family unless it has been added. Called after the
 * last line. */
int text_family_close(struct text_families *families,
                      const struct text_line *line);

void text_family_free(struct text_families *families);

#endif
