#include "ingest/statsd.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

/* Upper bound of the observations that a line with a sample rate represents. */
#define WEIGHT_MAX 0x1p40

/* A piece of the input. */
struct part {
    const char *at;
    size_t len;
};

/* The text of a part for a message. */
struct shown {
    char text[100];
};

struct kind {
    const char *name;
    enum metric_type type;
    bool timer; /* in milliseconds */
};

static const struct kind kinds[] = {
    {"c", METRIC_COUNTER, false},   {"g", METRIC_GAUGE, false},
    {"ms", METRIC_HISTOGRAM, true}, {"h", METRIC_HISTOGRAM, false},
    {"d", METRIC_HISTOGRAM, false},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct ingest {
    struct points *points;
    const struct registry *registry;
    bool understood; /* at least one line is valid statsd, accepted or not */
    /* The current line: */
    struct part name;
    struct part values; /* separated by colons */
    struct part fields; /* after the type */
    const struct kind *kind;
    double rate;
    char family[2 * FAMILY_NAME_MAX];
    enum metric_type type; /* of the listed family */
    double divisor; /* from the unit of the values to that of the family */
};

static struct shown show(struct part part) {
    struct shown shown = {""};
    utf8_show(part.at, part.len, shown.text, sizeof(shown.text));
    return shown;
}

static bool is(struct part part, const char *text) {
    return part.len == strlen(text) && memcmp(part.at, text, part.len) == 0;
}

static bool starts(struct part part, const char *text) {
    size_t len = strlen(text);
    return part.len >= len && memcmp(part.at, text, len) == 0;
}

/* Moves the text before the next c to *front and skips the c. Without c, moves
 * all of *rest and returns false. */
static bool cut(struct part *rest, char c, struct part *front) {
    const char *at = rest->len > 0 ? memchr(rest->at, c, rest->len) : NULL;
    *front = *rest;
    if (at)
        front->len = (size_t)(at - rest->at);
    size_t gone = front->len + (at != NULL);
    rest->at += gone;
    rest->len -= gone;
    return at != NULL;
}

static size_t count_values(struct part values) {
    size_t count = 1;
    for (size_t i = 0; i < values.len; i++)
        count += values.at[i] == ':';
    return count;
}

/* Names */

static bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* Replaces each invalid character by _, a run of dashes by one _, and prefixes
 * a leading digit with _. Returns the length of the name; at most
 * FAMILY_NAME_MAX + 1 bytes are written, without NUL. */
static size_t sanitize(struct part name, char out[FAMILY_NAME_MAX + 1]) {
    size_t len = 0;
    uint32_t code;
    if (name.len > 0 && *name.at >= '0' && *name.at <= '9')
        out[len++] = '_';
    for (size_t at = 0; at < name.len && len <= FAMILY_NAME_MAX;) {
        char c = name.at[at];
        bool again = c == '-' && at > 0 && name.at[at - 1] == '-';
        at += utf8_decode(name.at + at, name.len - at, &code);
        if (!again)
            out[len++] = in_name(c) ? c : '_';
    }
    return len;
}

/* Appends the suffix to the name and finds the family. */
static const struct family *find(struct ingest *in, size_t len,
                                 const char *suffix) {
    size_t suffix_len = strlen(suffix);
    memcpy(in->family + len, suffix, suffix_len + 1);
    return registry_find(in->registry, in->family, len + suffix_len);
}

static bool ends_with(const char *name, const char *suffix) {
    size_t len = strlen(name);
    size_t suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/* Finds the family of the line, and its unit. */
static void find_family(struct ingest *in, size_t len) {
    const struct family *family = NULL;
    if (in->kind->type == METRIC_COUNTER)
        family = find(in, len, "_total");
    if (in->kind->timer)
        family = find(in, len, "_seconds");
    if (in->kind->timer && !family)
        family = find(in, len, "_milliseconds");
    if (!family)
        family = find(in, len, "");
    in->type = in->kind->type;
    if (in->type == METRIC_HISTOGRAM && family &&
        family->type == METRIC_SUMMARY)
        in->type = METRIC_SUMMARY;
    bool seconds = in->kind->timer && ends_with(in->family, "_seconds");
    in->divisor = seconds ? 1000 : 1;
}

static enum point_result set_family(struct ingest *in) {
    struct points *points = in->points;
    size_t len = sanitize(in->name, in->family);
    if (len > FAMILY_NAME_MAX || len == 0)
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "the name must have 1 to %d bytes",
                             FAMILY_NAME_MAX);
    find_family(in, len);
    points->family = in->family;
    points->family_len = strlen(in->family);
    return POINT_FINE;
}

/* The fields after the type */

static enum point_result read_rate(struct ingest *in, struct part text) {
    double rate = 0;
    if (number_read(text.at, text.len, false, &rate) != NUMBER_FINE ||
        !(rate > 0 && rate <= 1) || !(1 / rate <= WEIGHT_MAX))
        return points_refuse(in->points, REJECT_INVALID_SAMPLE, NULL,
                             "the sample rate is \"%s\", must be a number "
                             "above 0 and at most 1",
                             show(text).text);
    in->rate = rate;
    return POINT_FINE;
}

/* A tag without a value has the value "true": to Prometheus, a label with an
 * empty value is missing. */
static enum point_result read_tag(struct ingest *in, struct part tag) {
    struct part key;
    struct part value = tag;
    char name[FAMILY_NAME_MAX + 1];
    bool valued = cut(&value, ':', &key);
    if (!valued)
        value = (struct part){"true", 4};
    if (tag.len == 0 || (value.len == 0 && key.len > 0))
        return POINT_FINE;
    return points_label(in->points, name, sanitize(key, name), value.at,
                        value.len);
}

static enum point_result read_tags(struct ingest *in, struct part tags) {
    enum point_result result = POINT_FINE;
    struct part tag;
    bool more = true;
    while (more && result == POINT_FINE) {
        more = cut(&tags, ',', &tag);
        result = read_tag(in, tag);
    }
    return result;
}

/* True for DogStatsD's fields about the sender (container, external data, tag
 * cardinality) and the timestamp. They are skipped; pushes count at their
 * arrival. */
static bool is_metadata(struct part field) {
    double time;
    if (starts(field, "T"))
        return number_read(field.at + 1, field.len - 1, false, &time) ==
               NUMBER_FINE;
    return starts(field, "c:") || starts(field, "e:") || starts(field, "card:");
}

static enum point_result read_field(struct ingest *in, struct part field) {
    struct part rest = {field.at + 1, field.len - 1};
    if (starts(field, "@"))
        return read_rate(in, rest);
    if (starts(field, "#"))
        return read_tags(in, rest);
    if (is_metadata(field))
        return POINT_FINE;
    return points_refuse(in->points, REJECT_INVALID_SAMPLE, NULL,
                         "the field \"%s\" is unknown, must begin with @, #, "
                         "c:, e:, card: or T and a time",
                         show(field).text);
}

static enum point_result read_fields(struct ingest *in) {
    enum point_result result = POINT_FINE;
    struct part rest = in->fields;
    struct part field;
    bool more = rest.at != NULL;
    in->rate = 1;
    while (more && result == POINT_FINE) {
        more = cut(&rest, '|', &field);
        result = read_field(in, field);
    }
    return result;
}

/* Values */

static enum point_result refuse_value(struct ingest *in,
                                      enum reject_reason reason,
                                      struct part text, const char *wanted) {
    return points_refuse(in->points, reason, NULL,
                         "the value is \"%s\", must be %s", show(text).text,
                         wanted);
}

/* Takes the next value from the front of *rest. */
static enum point_result next_value(struct ingest *in, struct part *rest,
                                    struct part *text, double *value) {
    (void)cut(rest, ':', text);
    if (number_read(text->at, text->len, false, value) != NUMBER_FINE)
        return refuse_value(in, REJECT_INVALID_VALUE, *text, "a number");
    if (!isfinite(*value))
        return refuse_value(in, REJECT_INVALID_VALUE, *text, "a finite number");
    return POINT_FINE;
}

static enum point_result read_counter(struct ingest *in, size_t count,
                                      double *sum) {
    struct part rest = in->values;
    struct part text;
    double value = 0;
    *sum = 0;
    for (size_t i = 0; i < count; i++) {
        enum point_result result = next_value(in, &rest, &text, &value);
        if (result != POINT_FINE)
            return result;
        if (value < 0)
            return refuse_value(in, REJECT_NEGATIVE_VALUE, text,
                                "0 or above for a counter");
        *sum += value / in->rate;
    }
    return POINT_FINE;
}

/* A value with a sign is added to the gauge; one without a sign replaces it. */
static enum point_result read_gauge(struct ingest *in, size_t count,
                                    double *all) {
    const struct family *family =
        registry_find(in->registry, in->family, in->points->family_len);
    enum gauge_rule rule = family ? family->gauge : GAUGE_LAST;
    struct part rest = in->values;
    struct part text;
    double value = 0;
    for (size_t i = 0; i < count; i++) {
        enum point_result result = next_value(in, &rest, &text, &value);
        if (result != POINT_FINE)
            return result;
        bool relative = *text.at == '+' || *text.at == '-';
        if (i > 0 && relative != in->points->point.relative)
            return refuse_value(in, REJECT_INVALID_VALUE, text,
                                "signed like the other values of the line, or "
                                "like them without a sign");
        in->points->point.relative = relative;
        *all = i == 0 ? value
                      : gauge_merge(relative ? GAUGE_SUM : rule, *all, value);
    }
    return POINT_FINE;
}

static enum point_result read_observed(struct ingest *in, size_t count,
                                       double *sum, uint64_t *all) {
    const uint64_t weight = (uint64_t)round(1 / in->rate);
    struct observed *observed =
        arena_take(&in->points->out->arena, count * sizeof(*observed));
    struct part rest = in->values;
    struct part text;
    *sum = 0;
    if (!observed)
        return POINT_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum point_result result =
            next_value(in, &rest, &text, &observed[i].value);
        if (result != POINT_FINE)
            return result;
        observed[i].value /= in->divisor;
        observed[i].count = weight;
        *sum += observed[i].value * (double)weight;
    }
    *all = weight * count;
    in->points->point.observed = observed;
    in->points->point.observed_count = count;
    return POINT_FINE;
}

static enum point_result read_values(struct ingest *in) {
    const size_t count = count_values(in->values);
    double value = 0;
    uint64_t observations = 0;
    struct pushed_series *series;
    enum point_result result = points_values(in->points, count);
    in->points->point.temporality = TEMPORALITY_DELTA;
    if (result == POINT_FINE)
        result = in->type == METRIC_COUNTER ? read_counter(in, count, &value)
                 : in->type == METRIC_GAUGE
                     ? read_gauge(in, count, &value)
                     : read_observed(in, count, &value, &observations);
    if (result == POINT_FINE)
        result = points_add(in->points, in->type, "", "", &series);
    if (result != POINT_FINE)
        return result;
    series->value = value;
    series->sum = value;
    series->count = observations;
    return POINT_FINE;
}

/* Lines */

static enum point_result refuse_type(struct ingest *in, struct part type) {
    if (is(type, "s"))
        return points_refuse(in->points, REJECT_UNSUPPORTED_TYPE, NULL,
                             "the type is s, a set, which Prometheus does not "
                             "support; must be c, g, ms, h or d");
    return points_refuse(in->points, REJECT_UNSUPPORTED_TYPE, NULL,
                         "the type is \"%s\", must be c, g, ms, h or d",
                         show(type).text);
}

/* Refuses DogStatsD lines other than metrics. */
static enum point_result refuse_other(struct ingest *in, const char *what) {
    in->understood = true;
    return points_refuse(
        in->points, REJECT_UNSUPPORTED_TYPE, NULL,
        "is %s of DogStatsD, which is not supported, must be a metric", what);
}

static const struct kind *find_kind(struct part type) {
    for (size_t i = 0; i < KINDS; i++)
        if (is(type, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* Splits the line; in->name is known. */
static enum point_result split(struct ingest *in, struct part line) {
    struct part type = {0};
    struct part name;
    bool valued = cut(&line, ':', &name);
    bool typed = cut(&line, '|', &in->values);
    bool more = cut(&line, '|', &type);
    in->fields = more ? line : (struct part){0};
    if (!valued || !typed || name.len != in->name.len)
        return points_refuse(in->points, REJECT_INVALID_SAMPLE, NULL,
                             "must be NAME:VALUE|TYPE, such as "
                             "jobs_total:1|c");
    const struct kind *kind = find_kind(type);
    in->understood = in->understood || kind || is(type, "s");
    if (!kind)
        return refuse_type(in, type);
    in->kind = kind;
    return POINT_FINE;
}

static enum point_result read_line(struct ingest *in, struct part line) {
    struct part rest = line;
    struct part front;
    (void)cut(&rest, ':', &in->name);
    rest = in->name;
    (void)cut(&rest, '|', &front);
    in->name = front;
    enum point_result result =
        points_begin(in->points, in->name.at, in->name.len);
    if (result != POINT_FINE)
        return result;
    if (!utf8_valid(line.at, line.len))
        return points_refuse(in->points, REJECT_INVALID_SAMPLE, NULL,
                             "the line is not text, must be UTF-8");
    if (starts(line, "_e{"))
        return refuse_other(in, "an event");
    if (starts(line, "_sc|"))
        return refuse_other(in, "a service check");
    result = split(in, line);
    if (result == POINT_FINE)
        result = set_family(in);
    if (result == POINT_FINE)
        result = read_fields(in);
    return result == POINT_FINE ? read_values(in) : result;
}

int ingest_statsd(const char *text, size_t len, const struct registry *registry,
                  struct points *points, struct err *err) {
    struct ingest in = {.points = points, .registry = registry, .kind = kinds};
    struct part rest = {text, len};
    struct part line;
    bool lines = false;
    for (bool more = len > 0; more;) {
        more = cut(&rest, '\n', &line);
        points->line++;
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        lines = true;
        if (read_line(&in, line) == POINT_NO_MEMORY)
            return err_no_memory(err);
    }
    if (lines && !in.understood)
        return err_set(err, ERR_SYNTAX, "%s; no line was understood",
                       points->batch->first_rejected
                           ? points->batch->first_rejected
                           : "not lines of statsd");
    return 0;
}
