#include "ingest/text/text.h"

#include <math.h>
#include <string.h>

#include "ingest/text/family.h"
#include "ingest/text/parts.h"
#include "ingest/text/pushed_index.h"

struct ingest {
    struct text_line line;
    struct text_families families;
    struct pushed *pushed;
    struct pushed_index index;
    size_t last;   /* entry of the last sample, NO_ENTRY before the first */
    size_t bounds; /* of the last histogram: the next has as many */

    /* The labels of the current sample, without empty ones. */
    struct label labels[PUSHED_LABELS_MAX];
    size_t label_count;
    size_t key; /* of line.labels: le or quantile; their count without one */
};

#define NO_ENTRY SIZE_MAX

static int fail_memory(const struct ingest *in) {
    return text_source_fail_memory(&in->line.source);
}

/* Labels */

/* The label that is no part of the series: that of buckets or quantiles. */
static const char *key_name(enum text_type type) {
    if (type == TEXT_HISTOGRAM || type == TEXT_GAUGEHISTOGRAM)
        return "le";
    return type == TEXT_SUMMARY ? "quantile" : NULL;
}

/* Parts the labels of the line into those of the series and its key. */
static int take_labels(struct ingest *in, enum text_type type,
                       enum text_role role) {
    const struct text_labels *set = &in->line.labels;
    const char *name = key_name(type);
    in->label_count = 0;
    in->key = set->count;
    for (size_t i = 0; i < set->count; i++) {
        const struct label *label = &set->labels[i];
        if (name && strcmp(label->name, name) == 0) {
            if (role != ROLE_BUCKET && role != ROLE_QUANTILE &&
                role != ROLE_SKIPPED)
                return text_source_fail(
                    &in->line.source, set->names[i].at, ERR_VALUE,
                    "the label %s is only for %s", name,
                    type == TEXT_HISTOGRAM ? "buckets" : "quantiles");
            in->key = i;
        } else if (label->value_len > 0) {
            in->labels[in->label_count++] = *label;
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

/* A state is named by a label that has the name of its family (OpenMetrics 1.0,
 * "StateSet"). */
static int check_state(const struct ingest *in,
                       const struct text_family *family) {
    const struct text_part *name = &family->name;
    for (size_t i = 0; i < in->label_count; i++)
        if (strlen(in->labels[i].name) == name->len &&
            memcmp(in->labels[i].name, name->at, name->len) == 0)
            return 0;
    return text_source_fail(&in->line.source, in->line.name.at, ERR_VALUE,
                            "the label \"%.*s\" with the name of a state is "
                            "missing",
                            TEXT_SHOWN(*name));
}

static int check_value(const struct ingest *in,
                       const struct text_family *family) {
    double value = in->line.value;
    switch (family->type) {
    case TEXT_COUNTER:
        if (!(value >= 0) || isinf(value))
            return refuse_value(in, "a counter", "finite and not below 0");
        break;
    case TEXT_INFO:
        if (value != 1)
            return refuse_value(in, "an info", "1");
        break;
    case TEXT_STATESET:
        if (value != 0 && value != 1)
            return refuse_value(in, "a state", "0 or 1");
        return check_state(in, family);
    case TEXT_UNTYPED:
    case TEXT_GAUGE:
    case TEXT_HISTOGRAM:
    case TEXT_SUMMARY:
    case TEXT_GAUGEHISTOGRAM:
        break;
    }
    return 0;
}

static int check_exemplar(const struct ingest *in,
                          const struct text_family *family,
                          enum text_role role) {
    bool counter = family->type == TEXT_COUNTER && role == ROLE_VALUE;
    if (!in->line.exemplar || counter || role == ROLE_BUCKET ||
        family->type == TEXT_GAUGEHISTOGRAM)
        return 0;
    return text_source_fail(
        &in->line.source, in->line.exemplar, ERR_VALUE,
        "an exemplar, which only the _total of a counter and "
        "the buckets of a histogram may have");
}

/* Samples */

static struct pushed_series *series_of(const struct ingest *in,
                                       const struct pushed_entry *entry) {
    return &in->pushed->families[entry->family].series[entry->series];
}

/* When the sample was there already. */
static int refuse_second(const struct ingest *in, const char *what,
                         unsigned first) {
    return text_source_fail(&in->line.source, in->line.name.at, ERR_VALUE,
                            "%s is repeated, first on line %u", what, first);
}

static int add_value(const struct ingest *in, const struct text_family *family,
                     struct pushed_series *series) {
    if (series->line > 0)
        return refuse_second(in, "this series", series->line);
    if (check_value(in, family) != 0)
        return -1;
    series->line = in->line.number;
    series->value = in->line.value;
    if (family->type == TEXT_COUNTER)
        series->value += 0.0; /* no negative zero */
    return 0;
}

/* The moment when a series was made, which the store knows better. */
static int add_created(const struct ingest *in, struct pushed_entry *entry) {
    if (entry->created > 0)
        return refuse_second(in, "the _created of this series", entry->created);
    if (!isfinite(in->line.value))
        return refuse_value(in, "a _created", "finite");
    entry->created = in->line.number;
    return 0;
}

static int add_part(struct ingest *in, enum text_role role,
                    struct pushed_entry *entry) {
    struct pushed_series *series = series_of(in, entry);
    if (!entry->parts) {
        entry->parts = text_parts_new(&in->pushed->arena, in->bounds);
        if (!entry->parts)
            return fail_memory(in);
        series->line = entry->created > 0 ? entry->created : in->line.number;
    }
    int result = text_parts_add(entry->parts, &in->line, role, in->key, series);
    in->bounds = entry->parts->count;
    return result;
}

/* The lines of one series must be together in OpenMetrics. */
static int check_together(const struct ingest *in, size_t entry,
                          enum text_role role) {
    const struct pushed_series *series =
        series_of(in, &in->index.entries[entry]);
    bool repeated = role == ROLE_VALUE && series->line > 0;
    if (in->line.source.format == TEXT_PROMETHEUS || entry == in->last ||
        repeated)
        return 0;
    return text_source_fail(&in->line.source, in->line.name.at, ERR_VALUE,
                            "lines of this series stand before those of "
                            "another one, must be together");
}

static int add_sample(struct ingest *in) {
    enum text_role role;
    if (text_family_sample(&in->families, &in->line, &role) != 0)
        return -1;
    const struct text_family *family =
        &in->families.families[in->families.current];
    if (role == ROLE_SKIPPED && family->type == TEXT_HISTOGRAM)
        return 0;
    if (take_labels(in, family->type, role) != 0 ||
        check_exemplar(in, family, role) != 0)
        return -1;
    size_t before = in->index.count;
    struct pushed_entry *entry =
        pushed_index_get(&in->index, in->pushed, in->families.current,
                         in->labels, in->label_count);
    if (!entry)
        return fail_memory(in);
    size_t at = (size_t)(entry - in->index.entries);
    bool added = in->index.count > before;
    if (!added && check_together(in, at, role) != 0)
        return -1;
    in->last = at;
    if (role == ROLE_VALUE)
        return add_value(in, family, series_of(in, entry));
    if (role == ROLE_CREATED)
        return add_created(in, entry);
    if (role == ROLE_SKIPPED) {
        series_of(in, entry)->line = in->line.number;
        return 0;
    }
    return add_part(in, role, entry);
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

/* OpenMetrics ends with # EOF and nothing else. */
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
                                "expected nothing behind # EOF");
    return 0;
}

static int finish_series(const struct ingest *in, struct pushed_entry *entry,
                         const struct pushed_series *like) {
    const struct pushed_family *family = &in->pushed->families[entry->family];
    struct pushed_series *series = series_of(in, entry);
    if (family->type == METRIC_HISTOGRAM && entry->parts)
        return text_parts_finish(entry->parts, &in->line, family, series, like);
    if (series->line > 0)
        return 0;
    (void)err_set(in->line.source.err, ERR_VALUE,
                  "this series of \"%.100s\" has nothing but its _created",
                  family->name);
    in->line.source.err->line = entry->created;
    in->line.source.err->column = 1;
    return -1;
}

static int finish(struct ingest *in) {
    const struct pushed_series *like = NULL;
    for (size_t i = 0; i < in->index.count; i++) {
        struct pushed_entry *entry = &in->index.entries[i];
        if (i > 0 && in->index.entries[i - 1].family != entry->family)
            like = NULL;
        if (finish_series(in, entry, like) != 0)
            return -1;
        like = series_of(in, entry);
    }
    return 0;
}

int ingest_text(const char *text, size_t len, enum text_format format,
                struct pushed *out, struct err *err) {
    struct ingest in;
    int result = -1;
    in.families = (struct text_families){.pushed = out};
    in.pushed = out;
    in.index = (struct pushed_index){0};
    in.last = NO_ENTRY;
    in.bounds = 0;
    if (text_line_open(&in.line, text, len, format, out, err) == 0 &&
        read_lines(&in) == 0 && check_end(&in) == 0 &&
        text_family_close(&in.families, &in.line) == 0 && finish(&in) == 0)
        result = 0;
    text_family_free(&in.families);
    pushed_index_free(&in.index);
    return result;
}
