#include "metrics/batch.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/guide.h"
#include "base/utf8.h"
#include "metrics/label.h"

static const char *const reason_names[] = {
    [REJECT_BOUNDS_MISMATCH] = "bounds_mismatch",
    [REJECT_DROPPED_FAMILY] = "dropped_family",
    [REJECT_FAMILY_LIMIT] = "family_limit",
    [REJECT_FORBIDDEN] = "forbidden",
    [REJECT_INVALID_SAMPLE] = "invalid_sample",
    [REJECT_INVALID_LABELS] = "invalid_labels",
    [REJECT_INVALID_VALUE] = "invalid_value",
    [REJECT_LABEL_TOO_LONG] = "label_too_long",
    [REJECT_LABEL_VALUE] = "label_value",
    [REJECT_NAME_COLLISION] = "name_collision",
    [REJECT_NEGATIVE_VALUE] = "negative_value",
    [REJECT_NOT_STORED] = "not_stored",
    [REJECT_OUT_OF_RANGE] = "out_of_range",
    [REJECT_PROGRAMS_ONLY] = "programs_only",
    [REJECT_REPEATED_SERIES] = "repeated_series",
    [REJECT_SERIES_LIMIT] = "series_limit",
    [REJECT_TEMPORALITY] = "temporality",
    [REJECT_TOO_MANY_OBSERVATIONS] = "too_many_observations",
    [REJECT_TOO_MANY_SAMPLES] = "too_many_samples",
    [REJECT_TYPE_MISMATCH] = "type_mismatch",
    [REJECT_UNKNOWN_FAMILY] = "unknown_family",
    [REJECT_UNSUPPORTED_TYPE] = "unsupported_type",
};
_Static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == REJECT_REASONS,
               "one name for each reason");

const char *reject_reason_name(enum reject_reason reason) {
    return reason_names[reason];
}

const char *reject_reason_link(enum reject_reason reason) {
    static const char *const links[REJECT_REASONS] = {
        [REJECT_FORBIDDEN] = SEE GUIDE_TRUST,
        [REJECT_INVALID_LABELS] = SEE GUIDE_ALLOWLIST,
        [REJECT_LABEL_VALUE] = SEE GUIDE_ALLOWLIST,
        [REJECT_PROGRAMS_ONLY] = SEE GUIDE_TRUST,
        [REJECT_UNKNOWN_FAMILY] = SEE GUIDE_ALLOWLIST,
    };
    return links[reason] ? links[reason] : "";
}

int batch_set_group(struct batch *batch, const struct label *labels,
                    size_t count, double now, bool failed) {
    struct strbuf json = {0};
    struct batch_group *group = arena_take(&batch->arena, sizeof(*group));
    label_set_write_json(labels, count, &json);
    const char *text =
        json.failed ? NULL : arena_copy(&batch->arena, json.data, json.len);
    if (group && text) {
        *group = (struct batch_group){.labels = text,
                                      .labels_len = json.len,
                                      .pushed_at = failed ? 0 : now,
                                      .failed_at = failed ? now : 0};
        batch->groups = group;
        batch->group_count = 1;
    }
    strbuf_free(&json);
    return group && text ? 0 : -1;
}

struct sample *batch_add(struct batch *batch) {
    if (batch->count == batch->room) {
        size_t room = batch->room ? batch->room * 2 : 8;
        struct sample *samples =
            realloc(batch->samples, room * sizeof(*samples));
        if (!samples)
            return NULL;
        batch->samples = samples;
        batch->room = room;
    }
    struct sample *sample = &batch->samples[batch->count++];
    *sample = (struct sample){0};
    return sample;
}

bool batch_is_empty(const struct batch *batch) {
    return batch->count == 0 && !batch->has_id && !batch->has_key &&
           batch->group_count == 0 && !batch->removal && !batch->session;
}

size_t batch_rejected(const struct batch *batch) {
    size_t sum = 0;
    for (int i = 0; i < REJECT_REASONS; i++)
        sum += batch->rejected[i];
    return sum;
}

size_t batch_points(const struct batch *batch) {
    size_t points = 0;
    for (size_t i = 0; i < batch->count; i++)
        points += !batch->samples[i].beside;
    return points;
}

int batch_refuse(struct batch *batch, enum reject_reason reason,
                 const char *format, ...) {
    va_list args;
    batch->refused = true;
    batch->refusal = reason;
    batch->why = (struct err){.code = ERR_VALUE};
    va_start(args, format);
    (void)vsnprintf(batch->why.message, sizeof(batch->why.message), format,
                    args);
    va_end(args);
    return -1;
}

void batch_name_refusal(struct batch *batch, enum reject_reason reason,
                        const char *family, size_t family_len,
                        const char *label) {
    struct refused_name name = {.next = batch->refused_names, .reason = reason};
    size_t count = 0;
    utf8_show(family, family_len, name.family, sizeof(name.family));
    if (label)
        utf8_show(label, strlen(label), name.label, sizeof(name.label));
    for (const struct refused_name *known = name.next; known;
         known = known->next) {
        if (known->reason != reason)
            continue;
        if (strcmp(known->family, name.family) == 0 &&
            strcmp(known->label, name.label) == 0)
            return;
        count++;
    }
    struct refused_name *kept =
        count < REFUSED_NAMES ? arena_take(&batch->arena, sizeof(*kept)) : NULL;
    if (!kept)
        return;
    *kept = name;
    batch->refused_names = kept;
}

void batch_write_names(const struct batch *batch, enum reject_reason reason,
                       struct strbuf *out) {
    const struct refused_name *names[REFUSED_NAMES];
    size_t count = 0;
    for (const struct refused_name *name = batch->refused_names; name;
         name = name->next)
        if (name->reason == reason && count < REFUSED_NAMES)
            names[count++] = name;
    for (size_t i = count; i > 0; i--)
        strbuf_printf(out, "%s%s%s%s", i == count ? " (" : ", ",
                      *names[i - 1]->family ? names[i - 1]->family : "\"\"",
                      *names[i - 1]->label ? " " : "", names[i - 1]->label);
    if (count > 0)
        strbuf_add_char(out, ')');
}

void batch_write_refusals(const struct batch *batch, const char *noun,
                          struct strbuf *out) {
    size_t rejected = batch_rejected(batch);
    const char *before = ": ";
    const char *link = "";
    if (rejected == 0)
        return;
    strbuf_printf(out, "%zu of %zu %s rejected", rejected,
                  batch_points(batch) + rejected, noun);
    for (int i = 0; i < REJECT_REASONS; i++) {
        enum reject_reason reason = (enum reject_reason)i;
        if (batch->rejected[i] == 0)
            continue;
        strbuf_printf(out, "%s%s %zu", before, reject_reason_name(reason),
                      batch->rejected[i]);
        batch_write_names(batch, reason, out);
        before = ", ";
        if (!*link)
            link = reject_reason_link(reason);
    }
    if (batch->first_rejected)
        strbuf_printf(out, "; %s", batch->first_rejected);
    strbuf_add_string(out, link);
}

void batch_reject(struct batch *batch, enum reject_reason reason, size_t count,
                  const char *family, size_t family_len, const char *label,
                  const char *why) {
    batch->rejected[reason] += count;
    batch_name_refusal(batch, reason, family, family_len, label);
    if (!batch->first_rejected)
        batch->first_rejected = arena_copy(&batch->arena, why, strlen(why));
}

/* The number of samples in the point that begins at samples[at]. *unfit: the
 * name of its first family that does not fit, or NULL. */
static size_t point_size(const struct batch *batch, size_t at,
                         const char **unfit) {
    size_t size = 0;
    *unfit = NULL;
    do {
        const struct sample *sample = &batch->samples[at + size++];
        if (sample->unfit && !*unfit)
            *unfit = sample->family->name;
    } while (at + size < batch->count && batch->samples[at + size].beside);
    return size;
}

void batch_leave_out(struct batch *batch) {
    size_t kept = 0;
    size_t size;
    for (size_t at = 0; at < batch->count; at += size) {
        const char *unfit;
        size = point_size(batch, at, &unfit);
        if (unfit) {
            batch_reject(batch, batch->refusal, 1, unfit, strlen(unfit), NULL,
                         batch->why.message);
            continue;
        }
        memmove(&batch->samples[kept], &batch->samples[at],
                size * sizeof(*batch->samples));
        kept += size;
    }
    batch->count = kept;
    batch->refused = false;
}

static bool relative_fits(const struct family *family, double value,
                          struct err *err) {
    if (family->gauge != GAUGE_LAST && family->gauge != GAUGE_SUM)
        (void)err_set(err, ERR_VALUE,
                      "the value is an increment, but the gauge keeps the %s "
                      "one; list it with \"gauge\": \"last\" or \"sum\"",
                      family->gauge == GAUGE_MAX ? "highest" : "lowest");
    else if (!isfinite(value))
        (void)err_set(err, ERR_VALUE,
                      "the increment is %g, must be a finite number", value);
    else
        return true;
    return false;
}

bool batch_value_fits(const struct family *family, double value, bool relative,
                      enum reject_reason *reason, struct err *err) {
    relative = relative && metric_shape(family->type) == SHAPE_VALUE;
    if (relative && !relative_fits(family, value, err)) {
        *reason = REJECT_INVALID_VALUE;
        return false;
    }
    if (relative && family->gauge == GAUGE_LAST)
        return true;
    if (metric_shape(family->type) == SHAPE_TOTAL &&
        !(value >= 0 && value <= METRIC_VALUE_MAX)) {
        *reason = value < 0 ? REJECT_NEGATIVE_VALUE : REJECT_INVALID_VALUE;
        (void)err_set(err, ERR_VALUE,
                      "the value of a %s is %g, must be between 0 and %g",
                      metric_type_name(family->type), value, METRIC_VALUE_MAX);
        return false;
    }
    if (family->ranged && !(value >= family->min && value <= family->max)) {
        *reason = REJECT_OUT_OF_RANGE;
        (void)err_set(err, ERR_VALUE,
                      "the value is %g, must be between %g and %g, the "
                      "`min` and `max` of its file",
                      value, family->min, family->max);
        return false;
    }
    return true;
}

/* Most pushes name the labels in the family's order, so the first comparison
 * matches. */
static const struct label *find_label(const struct label *labels, size_t count,
                                      size_t hint, const char *name) {
    for (size_t i = 0; i < count; i++) {
        const struct label *label = &labels[(hint + i) % count];
        if (strcmp(label->name, name) == 0)
            return label;
    }
    return NULL;
}

enum label_result batch_set_labels(struct batch *batch, struct sample *sample,
                                   const struct label *labels, size_t count) {
    const struct family *family = sample->family;
    if (count != family->label_count)
        return LABELS_WRONG;
    uint32_t *values = arena_take(&batch->arena, count * sizeof(*values));
    struct label *texts = NULL;
    if (!values)
        return LABELS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct label_rule *rule = &family->labels[i];
        const struct label *label = find_label(labels, count, i, rule->name);
        if (!label)
            return LABELS_WRONG;
        values[i] =
            value_set_find(&rule->values, label->value, label->value_len);
        if (values[i] != VALUE_NONE)
            continue;
        if (rule->max_values == 0)
            return LABELS_REFUSED;
        if (!texts) {
            texts = arena_take(&batch->arena, count * sizeof(*texts));
            if (!texts)
                return LABELS_MEMORY;
            memset(texts, 0, count * sizeof(*texts));
        }
        texts[i] = *label;
        texts[i].value =
            arena_copy(&batch->arena, label->value, label->value_len);
        if (!texts[i].value)
            return LABELS_MEMORY;
    }
    sample->values = values;
    sample->texts = texts;
    return LABELS_OK;
}

/* Replaces the index of an open label's value by the text. */
static int unresolve_label(struct batch *batch, struct sample *sample,
                           size_t index) {
    const struct label_rule *rule = &sample->family->labels[index];
    uint32_t *value = &sample->values[index];
    struct label *text = &sample->texts[index];
    if (rule->max_values == 0 || *value == VALUE_NONE)
        return 0;
    if (!text->value) {
        const struct value_text *known = &rule->values.values[*value];
        *text = (struct label){
            rule->name, arena_copy(&batch->arena, known->text, known->len),
            known->len};
        if (!text->value)
            return -1;
    }
    *value = VALUE_NONE;
    return 0;
}

static int unresolve(struct batch *batch, struct sample *sample) {
    if (sample->proposal)
        sample->family = sample->proposal;
    const struct family *family = sample->family;
    if (family->any_labels || family_closed(family))
        return 0;
    if (!sample->texts) {
        size_t size = family->label_count * sizeof(*sample->texts);
        if (!(sample->texts = arena_take(&batch->arena, size)))
            return -1;
        memset(sample->texts, 0, size);
    }
    for (size_t i = 0; i < family->label_count; i++)
        if (unresolve_label(batch, sample, i) != 0)
            return -1;
    return 0;
}

int batch_unresolve(struct batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        if (unresolve(batch, &batch->samples[i]) != 0)
            return -1;
    return batch->on_refusal ? unresolve(batch, batch->on_refusal) : 0;
}

void batch_reset(struct batch *batch) {
    struct batch kept = {
        .arena = batch->arena, .samples = batch->samples, .room = batch->room};
    arena_reset(&kept.arena);
    *batch = kept;
}

void batch_free(struct batch *batch) {
    free(batch->samples);
    arena_free(&batch->arena);
    *batch = (struct batch){0};
}
