#include "ingest/text/text.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "ingest/text/family.h"

struct ingest {
    struct builder builder;
    struct text_line line;
    struct text_families families;
    size_t last; /* entry of the last sample; NO_ENTRY before the first */
    size_t key;  /* index of le or quantile in line.labels; their count if
                    missing */
};

#define NO_ENTRY SIZE_MAX

/* Labels */

/* Splits the labels of the line into those of the series and its key. */
static int take_labels(struct ingest *in, const struct metric_traits *type,
                       enum text_role role) {
    const struct text_labels *set = &in->line.labels;
    const char *name = type->part_label;
    in->builder.label_count = 0;
    in->key = set->count;
    for (size_t i = 0; i < set->count; i++) {
        const struct label *label = &set->labels[i];
        if (name && strcmp(label->name, name) == 0) {
            if (role != ROLE_BUCKET && role != ROLE_QUANTILE &&
                role != ROLE_SKIPPED)
                return text_source_fail(
                    &in->line.source, set->names[i].at, ERR_VALUE,
                    "the label %s is only for %s", name,
                    type->shape == SHAPE_BUCKETS ? "buckets" : "quantiles");
            in->key = i;
        } else {
            in->builder.labels[in->builder.label_count++] = *label;
        }
    }
    return 0;
}

/* Values */

static int refuse_value(const struct ingest *in, const char *what,
                        const char *wanted) {
    return text_source_fail(&in->line.source, in->line.number_text.at,
                            ERR_VALUE,
                            "the value of %s is \"%.*s\", must be %s", what,
                            TEXT_SHOWN(in->line.number_text), wanted);
}

/* A label with the family's name holds the state (OpenMetrics 1.0, "StateSet").
 */
static int check_state(const struct ingest *in,
                       const struct text_family *family) {
    const struct text_part *name = &family->name;
    for (size_t i = 0; i < in->builder.label_count; i++) {
        const char *label = in->builder.labels[i].name;
        if (strlen(label) == name->len &&
            memcmp(label, name->at, name->len) == 0)
            return 0;
    }
    return text_source_fail(&in->line.source, in->line.name.at, ERR_VALUE,
                            "the label \"%.*s\" with the name of a state is "
                            "missing",
                            TEXT_SHOWN(*name));
}

static int check_value(const struct ingest *in,
                       const struct text_family *family) {
    double value = in->line.value;
    if (family->type == &text_info && value != 1)
        return refuse_value(in, "an info", "1");
    if (family->type != &text_stateset)
        return 0;
    if (value != 0 && value != 1)
        return refuse_value(in, "a state", "0 or 1");
    return check_state(in, family);
}

static int check_exemplar(const struct ingest *in,
                          const struct text_family *family,
                          enum text_role role) {
    bool counter = family->type->shape == SHAPE_TOTAL && role == ROLE_VALUE;
    if (!in->line.exemplar || counter || role == ROLE_BUCKET ||
        family->type == &text_gaugehistogram)
        return 0;
    return text_source_fail(&in->line.source, in->line.exemplar, ERR_VALUE,
                            "unexpected exemplar: only the _total of a counter "
                            "and the buckets of a histogram may have one");
}

/* Samples */

/* Checks the creation time of a series. It is not stored: the store has its
 * own. */
static int add_created(struct ingest *in) {
    struct pushed_entry *entry = in->builder.entry;
    if (entry->created > 0)
        return text_source_fail(
            &in->line.source, in->line.name.at, ERR_VALUE,
            "the _created of this series is repeated, first on line %u",
            entry->created);
    if (!isfinite(in->line.value))
        return refuse_value(in, "a _created", "finite");
    entry->created = in->line.number;
    return 0;
}

/* Reads the number of the label le or quantile. */
static int read_key(struct ingest *in, const char *name, double *key) {
    const struct text_labels *set = &in->line.labels;
    const struct text_source *source = &in->line.source;
    if (in->key == set->count)
        return text_source_fail(source, in->line.name.at, ERR_VALUE,
                                "the label %s is missing", name);
    const char *at = set->names[in->key].at;
    const struct text_part text = {set->labels[in->key].value,
                                   set->labels[in->key].value_len};
    in->builder.at[BUILDER_LABEL] = at;
    if (number_read(text.at, text.len, source->format == TEXT_PROMETHEUS,
                    key) != NUMBER_FINE ||
        isnan(*key))
        return text_source_fail(source, at, ERR_VALUE,
                                "the label %s is \"%.*s\", must be a number",
                                name, TEXT_SHOWN(text));
    return 0;
}

static int add_quantile(struct ingest *in) {
    const struct label *label = &in->line.labels.labels[in->key];
    double key = 0;
    if (read_key(in, "quantile", &key) != 0)
        return -1;
    if (key >= 0 && key <= 1)
        return builder_quantile(&in->builder, key);
    return text_source_fail(
        &in->line.source, in->builder.at[BUILDER_LABEL], ERR_VALUE,
        "the label quantile is \"%.*s\", must be from 0 to 1",
        TEXT_SHOWN(((struct text_part){label->value, label->value_len})));
}

/* Adds an exemplar unless its value is above the bucket's bound. */
static int add_exemplar(struct ingest *in, double bound) {
    const struct text_line *line = &in->line;
    if (!line->exemplar || !(line->exemplar_value <= bound))
        return 0;
    return builder_exemplar(&in->builder, line->exemplar_labels.labels,
                            line->exemplar_labels.count, line->exemplar_value,
                            line->exemplar_time);
}

static int add_bucket(struct ingest *in) {
    double bound = 0;
    uint64_t cumulative = 0;
    return read_key(in, "le", &bound) == 0 &&
                   builder_whole(&in->builder, "count of a bucket",
                                 in->line.value, &cumulative) == 0 &&
                   builder_bucket(&in->builder, bound, cumulative) == 0
               ? add_exemplar(in, bound)
               : -1;
}

static int add_count(struct ingest *in) {
    uint64_t count = 0;
    return builder_whole(&in->builder, "count", in->line.value, &count) == 0
               ? builder_count(&in->builder, count)
               : -1;
}

static int add_part(struct ingest *in, enum text_role role) {
    switch (role) {
    case ROLE_VALUE:
        return builder_value(&in->builder, in->line.value) == 0
                   ? add_exemplar(in, INFINITY)
                   : -1;
    case ROLE_BUCKET:
        return add_bucket(in);
    case ROLE_QUANTILE:
        return add_quantile(in);
    case ROLE_SUM:
        return builder_sum(&in->builder, in->line.value);
    case ROLE_COUNT:
        return add_count(in);
    case ROLE_CREATED:
        return add_created(in);
    case ROLE_SKIPPED:
        builder_current(&in->builder)->line = in->line.number;
        return 0;
    case ROLE_NONE:
        break;
    }
    return 0;
}

/* OpenMetrics requires the lines of a series to be together. */
static int check_together(const struct ingest *in, size_t entry,
                          enum text_role role) {
    bool repeated =
        role == ROLE_VALUE && builder_current(&in->builder)->line > 0;
    if (in->line.source.format == TEXT_PROMETHEUS || entry == in->last ||
        repeated)
        return 0;
    return text_source_fail(&in->line.source, in->line.name.at, ERR_VALUE,
                            "earlier lines of this series precede another "
                            "series, must be together");
}

static int add_sample(struct ingest *in) {
    enum text_role role;
    if (text_family_sample(&in->families, &in->line, &role) != 0)
        return -1;
    const struct text_family *family =
        &in->families.families[in->builder.family];
    if (role == ROLE_SKIPPED && family->type != &text_gaugehistogram)
        return 0;
    if (take_labels(in, family->type, role) != 0 ||
        check_exemplar(in, family, role) != 0 ||
        builder_series(&in->builder) != 0)
        return -1;
    size_t at = (size_t)(in->builder.entry - in->builder.index.entries);
    if (!in->builder.added && check_together(in, at, role) != 0)
        return -1;
    in->last = at;
    if (add_part(in, role) != 0)
        return -1;
    return role == ROLE_VALUE ? check_value(in, family) : 0;
}

/* The whole */

static int read_lines(struct ingest *in) {
    for (;;) {
        if (text_line_next(&in->line) != 0)
            return -1;
        switch (in->line.kind) {
        case TEXT_NOTHING:
            break;
        case TEXT_HELP:
        case TEXT_TYPE:
        case TEXT_UNIT:
            if (text_family_describe(&in->families, &in->line) != 0)
                return -1;
            break;
        case TEXT_SAMPLE:
            if (add_sample(in) != 0)
                return -1;
            break;
        case TEXT_END:
        case TEXT_EOF:
            return 0;
        }
    }
}

/* An OpenMetrics text must end with # EOF. */
static int check_end(const struct ingest *in) {
    const struct text_line *line = &in->line;
    if (line->source.format == TEXT_PROMETHEUS)
        return 0;
    if (line->kind != TEXT_EOF)
        return text_source_fail(
            &line->source, line->source.text + line->source.len, ERR_SYNTAX,
            "expected # EOF, the text is not complete");
    if (line->next < line->source.text + line->source.len)
        return text_source_fail(&line->source, line->next, ERR_SYNTAX,
                                "expected nothing after # EOF");
    return 0;
}

int ingest_text(const char *text, size_t len, enum text_format format,
                struct pushed *out, struct err *err) {
    struct ingest in;
    int result = -1;
    in.builder = (struct builder){.out = out,
                                  .err = err,
                                  .locate = text_source_locate,
                                  .context = &in.line.source};
    in.families = (struct text_families){.builder = &in.builder};
    in.last = NO_ENTRY;
    if (text_line_open(&in.line, text, len, format, &in.builder) == 0 &&
        read_lines(&in) == 0 && check_end(&in) == 0 &&
        text_family_close(&in.families, &in.line) == 0 &&
        builder_end(&in.builder) == 0)
        result = 0;
    text_family_free(&in.families);
    builder_free(&in.builder);
    return result;
}

int ingest_prometheus(const char *text, size_t len, struct pushed *out,
                      struct err *err) {
    return ingest_text(text, len, TEXT_PROMETHEUS, out, err);
}

int ingest_openmetrics(const char *text, size_t len, struct pushed *out,
                       struct err *err) {
    return ingest_text(text, len, TEXT_OPENMETRICS, out, err);
}
