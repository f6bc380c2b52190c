#include "ingest/admit_labels.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int admit_refuse(struct admitting *admitting, enum reject_reason reason,
                 unsigned line, const char *format, ...) {
    char message[sizeof(admitting->err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    admitting->batch->refused = true;
    admitting->batch->refusal = reason;
    if (line > 0)
        return err_set(admitting->err, ERR_VALUE, "line %u: %s", line, message);
    return err_set(admitting->err, ERR_VALUE, "%s", message);
}

bool admit_label_fits(const struct limits *limits, size_t count,
                      const struct label *label, enum reject_reason *reason) {
    bool many = count == FAMILY_LABELS_MAX;
    *reason = many ? REJECT_INVALID_LABELS : REJECT_LABEL_TOO_LONG;
    return !many && label->value_len <= (size_t)limits->label_value_bytes;
}

static int refuse_label(struct admitting *admitting, const char *family,
                        unsigned line, enum reject_reason reason,
                        const struct label *label) {
    if (reason == REJECT_INVALID_LABELS)
        return admit_refuse(admitting, reason, line,
                            "%.200s: a series has more than %d labels, with "
                            "those of the path, must have at most %d",
                            family, FAMILY_LABELS_MAX, FAMILY_LABELS_MAX);
    return admit_refuse(admitting, reason, line,
                        "%.200s: the value of the label %.100s has %zu bytes, "
                        "must have at most limits.label_value_bytes, %lld",
                        family, label->name, label->value_len,
                        admitting->admission->config->limits.label_value_bytes);
}

static int add_label(struct admitting *admitting,
                     const struct pushed_family *family, unsigned line,
                     struct label_list *list, const struct label *label) {
    const char *part = metric_types[family->type].part_label;
    enum reject_reason reason;
    if (!admit_label_fits(&admitting->admission->config->limits, list->count,
                          label, &reason))
        return refuse_label(admitting, family->name, line, reason, label);
    if (part && strcmp(label->name, part) == 0)
        return admit_refuse(admitting, REJECT_INVALID_LABELS, line,
                            "%.200s: the label \"%s\" is reserved for %s, must "
                            "have another name",
                            family->name, part,
                            metric_shape(family->type) == SHAPE_OBSERVATIONS
                                ? "summaries"
                                : "histograms");
    list->labels[list->count++] = *label;
    return 0;
}

int admit_join_labels(struct admitting *admitting,
                      const struct pushed_family *family,
                      const struct pushed_series *series,
                      struct label_list *list) {
    const struct admission *admission = admitting->admission;
    list->count = 0;
    for (size_t i = 0; i < series->label_count; i++)
        if (add_label(admitting, family, series->line, list,
                      &series->labels[i]) != 0)
            return -1;
    for (size_t i = 0; i < admission->path_count; i++) {
        const struct label *label = &admission->path[i];
        const struct label *known =
            label_find(list->labels, list->count, label->name);
        if (known && !admission->path_wins)
            return admit_refuse(admitting, REJECT_INVALID_LABELS, series->line,
                                "%.200s: the label %.100s is in the path and "
                                "in the body, must be in one of them",
                                family->name, label->name);
        if (known)
            list->labels[known - list->labels] = *label;
        else if (add_label(admitting, family, series->line, list, label) != 0)
            return -1;
    }
    label_sort(list->labels, list->count);
    return 0;
}

/* Replaces the label of that name, or appends it. */
static int set_label(struct admitting *admitting, const struct family *family,
                     unsigned line, struct label_list *list,
                     const struct label *label) {
    enum reject_reason reason;
    const struct label *known =
        label_find(list->labels, list->count, label->name);
    size_t at = known ? (size_t)(known - list->labels) : list->count;
    if (!admit_label_fits(&admitting->admission->config->limits,
                          known ? 0 : list->count, label, &reason))
        return refuse_label(admitting, family->name, line, reason, label);
    list->labels[at] = *label;
    list->count += known == NULL;
    return 0;
}

/* Adds missing labels with an empty value: the two are equal to Prometheus. */
static int fill_missing(struct admitting *admitting,
                        const struct family *family, unsigned line,
                        struct label_list *list) {
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        const struct label empty = {rule->name, "", 0};
        if (!label_find(list->labels, list->count, rule->name) &&
            label_rule_permits(rule, "", 0) &&
            set_label(admitting, family, line, list, &empty) != 0)
            return -1;
    }
    return 0;
}

int admit_offered_labels(struct admitting *admitting,
                         const struct family *family,
                         const struct pushed_series *series,
                         struct label_list *list) {
    const struct pushed_point *point = series->point;
    if (!point)
        return 0;
    for (size_t i = 0; i < point->offered_count; i++) {
        const struct label *label = &point->offered[i];
        if ((family->any_labels ? i < point->identity
                                : family_rule(family, label->name) != NULL) &&
            set_label(admitting, family, series->line, list, label) != 0)
            return -1;
    }
    if (admitting->admission->alone && !family->any_labels &&
        fill_missing(admitting, family, series->line, list) != 0)
        return -1;
    label_sort(list->labels, list->count);
    return 0;
}

/* Writes the labels as canonical JSON to admitting->json. */
static bool write_json(struct admitting *admitting,
                       const struct label_list *list) {
    strbuf_reset(&admitting->json);
    label_set_write_json(list->labels, list->count, &admitting->json);
    return !admitting->json.failed;
}

static int set_pusher(struct admitting *admitting,
                      const struct pushed_series *series,
                      struct sample *sample) {
    if (!admitting->group)
        return admit_refuse(
            admitting, REJECT_INVALID_LABELS, series->line,
            "%.200s is cumulative: the path must name the process that pushes, "
            "such as /metrics/job/J/instance/I",
            sample->family->name);
    sample->pusher = admitting->group->labels;
    sample->pusher_len = admitting->group->labels_len;
    return 0;
}

/* Removes labels of the path that the family does not list: they identify the
 * process. */
static void drop_unlisted(const struct admission *admission,
                          const struct family *family,
                          struct label_list *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->labels[i].name;
        if (family_rule(family, name) ||
            !label_find(admission->path, admission->path_count, name))
            list->labels[kept++] = list->labels[i];
    }
    list->count = kept;
}

static void add_name(struct strbuf *names, const char *name) {
    strbuf_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
}

static int refuse_names(struct admitting *admitting,
                        const struct pushed_series *series,
                        const struct label_list *list,
                        const struct family *family) {
    struct strbuf *given = &admitting->json;
    struct strbuf wanted = {0};
    strbuf_reset(given);
    for (size_t i = 0; i < list->count; i++)
        add_name(given, list->labels[i].name);
    for (size_t i = 0; i < family->label_count; i++)
        add_name(&wanted, family->labels[i].name);
    int result =
        given->failed || wanted.failed
            ? err_no_memory(admitting->err)
            : admit_refuse(admitting, REJECT_INVALID_LABELS, series->line,
                           "%.100s: pushed with the labels %.120s; "
                           "its file lists %.120s",
                           family->name, given->len > 0 ? given->data : "none",
                           wanted.len > 0 ? wanted.data : "none");
    strbuf_free(&wanted);
    return result;
}

static int refuse_value(struct admitting *admitting,
                        const struct pushed_series *series,
                        const struct label_list *list,
                        const struct family *family) {
    for (size_t i = 0; i < list->count; i++) {
        const struct label *label = &list->labels[i];
        const struct label_rule *rule = family_rule(family, label->name);
        if (!rule || label_rule_permits(rule, label->value, label->value_len))
            continue;
        admitting->label = label->name;
        if (admitting->admission->discreet)
            return admit_refuse(admitting, REJECT_LABEL_VALUE, series->line,
                                "%.100s: the label %.100s has a value that its "
                                "file does not list",
                                family->name, label->name);
        return admit_refuse(
            admitting, REJECT_LABEL_VALUE, series->line,
            "%.100s: the label %.100s is \"%.*s\", which "
            "its file does not list",
            family->name, label->name,
            (int)(label->value_len > 100 ? 100 : label->value_len),
            label->value);
    }
    return refuse_names(admitting, series, list, family);
}

/* Sets the labels of a family of Grafana sessions, which lists none. */
static int set_any_labels(struct admitting *admitting,
                          const struct label_list *list,
                          struct sample *sample) {
    const struct strbuf *json = &admitting->json;
    sample->values =
        arena_take(&admitting->batch->arena, sizeof(*sample->values));
    if (!sample->values || !write_json(admitting, list))
        return err_no_memory(admitting->err);
    sample->values[0] =
        value_set_add(&sample->family->label_sets, json->data, json->len);
    return sample->values[0] == VALUE_NONE ? err_no_memory(admitting->err) : 0;
}

/* True if the point carries its own temporality, and its process if it is
 * cumulative. */
static bool says_itself(const struct pushed_series *series) {
    return series->point && series->point->temporality != TEMPORALITY_LISTED;
}

int admit_listed_labels(struct admitting *admitting,
                        const struct pushed_series *series,
                        struct label_list *list, struct sample *sample) {
    const struct family *family = sample->family;
    const struct admission *admission = admitting->admission;
    if (family->cumulative && !admission->totals && !says_itself(series) &&
        set_pusher(admitting, series, sample) != 0)
        return -1;
    if (family->cumulative)
        drop_unlisted(admission, family, list);
    if (family->any_labels)
        return set_any_labels(admitting, list, sample);
    switch (
        batch_set_labels(admitting->batch, sample, list->labels, list->count)) {
    case LABELS_OK:
        return 0;
    case LABELS_MEMORY:
        break;
    case LABELS_WRONG:
        return refuse_names(admitting, series, list, family);
    case LABELS_REFUSED:
        return refuse_value(admitting, series, list, family);
    }
    return err_no_memory(admitting->err);
}

int admit_open_labels(struct admitting *admitting,
                      const struct label_list *list, struct sample *sample) {
    struct arena *arena = &admitting->batch->arena;
    const struct strbuf *json = &admitting->json;
    sample->values = arena_take(arena, sizeof(*sample->values));
    if (write_json(admitting, list))
        sample->label_set = arena_copy(arena, json->data, json->len);
    sample->label_set_len = json->len;
    return sample->label_set && sample->values ? 0
                                               : err_no_memory(admitting->err);
}

int admit_unrepeated(struct admitting *admitting,
                     const struct pushed_family *family,
                     const struct pushed_series *series,
                     const struct label_list *list) {
    const struct strbuf *json = &admitting->json;
    size_t before = admitting->met.count;
    if (!write_json(admitting, list) ||
        value_set_add(&admitting->met, json->data, json->len) == VALUE_NONE)
        return err_no_memory(admitting->err);
    if (admitting->met.count > before)
        return 0;
    return admit_refuse(
        admitting, REJECT_REPEATED_SERIES, series->line,
        "%.200s: the labels of the path make two series equal, %.200s",
        family->name, json->data);
}
