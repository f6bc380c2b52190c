#include "ingest/record.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "config/config.h"
#include "ingest/admit_labels.h"
#include "metrics/batch_id.h"

struct ingest {
    const struct registry *registry;
    const struct limits *limits;
    const struct record_sender *sender;
    struct batch *batch;
    struct label labels[FAMILY_LABELS_MAX];
    size_t label_count;
    enum reject_reason reason; /* of the refused sample */
    const char *label;         /* the label that caused a refusal, or NULL */
};

/* The result of a step of parsing one sample. */
enum step { STEP_OK, STEP_REJECT, STEP_MEMORY };

static enum step reject(struct ingest *ingest, enum reject_reason reason) {
    ingest->reason = reason;
    return STEP_REJECT;
}

/* Returns a label value as text. peardeck's server accepts numbers and
 * booleans; their text is that of JavaScript, except for very small and very
 * large numbers. */
static const char *label_text(struct ingest *ingest,
                              const struct json_object *value, size_t *len) {
    char number[NUMBER_SIZE];
    switch (json_kind(value)) {
    case JSON_STRING:
        return json_string(value, len);
    case JSON_BOOLEAN:
        *len = json_boolean(value) ? 4 : 5;
        return json_boolean(value) ? "true" : "false";
    case JSON_INTEGER:
    case JSON_NUMBER:
        *len = number_format(json_number(value), number);
        return arena_copy(&ingest->batch->arena, number, *len);
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return NULL;
}

static int read_label(void *context, const char *name,
                      const struct json_object *value) {
    struct ingest *ingest = context;
    size_t len = 0;
    ingest->label = name;
    const char *text = label_text(ingest, value, &len);
    if (!text || memchr(text, '\0', len))
        return (int)reject(ingest, REJECT_INVALID_LABELS);
    const struct label label = {name, text, len};
    if (!admit_label_fits(ingest->limits, ingest->label_count, &label,
                          &ingest->reason))
        return STEP_REJECT;
    ingest->label = NULL;
    ingest->labels[ingest->label_count++] = label;
    return STEP_OK;
}

/* A page group that begins with a slash was made from a path by the tag
 * (data-pages="auto"). If the label lists its values, it becomes "other", if
 * that is listed. */
static void fold_path(struct label *label, const struct family *family) {
    if (strcmp(label->name, "page") != 0 || label->value_len == 0 ||
        label->value[0] != '/')
        return;
    const struct label_rule *rule = family_rule(family, label->name);
    if (rule && !label_rule_permits(rule, label->value, label->value_len) &&
        label_rule_permits(rule, "other", 5))
        *label = (struct label){label->name, "other", 5};
}

/* Finds the label that caused a refusal: an unlisted label, a label with an
 * unlisted value, or a missing label. */
static const char *find_culprit(const struct ingest *ingest,
                                const struct family *family) {
    for (size_t i = 0; i < ingest->label_count; i++) {
        const struct label *label = &ingest->labels[i];
        const struct label_rule *rule = family_rule(family, label->name);
        if (!rule ||
            (ingest->reason == REJECT_LABEL_VALUE &&
             !label_rule_permits(rule, label->value, label->value_len)))
            return label->name;
    }
    for (size_t i = 0; i < family->label_count; i++)
        if (!label_find(ingest->labels, ingest->label_count,
                        family->labels[i].name))
            return family->labels[i].name;
    return NULL;
}

static enum step reject_labels(struct ingest *ingest,
                               const struct family *family,
                               enum reject_reason reason) {
    ingest->reason = reason;
    ingest->label = find_culprit(ingest, family);
    return STEP_REJECT;
}

static enum step read_labels(struct ingest *ingest, struct sample *sample,
                             const struct json_object *labels) {
    enum json_kind kind = json_kind(labels);
    ingest->label_count = 0;
    if (kind == JSON_OBJECT) {
        int result = json_members(labels, read_label, ingest);
        if (result != STEP_OK)
            return (enum step)result;
    } else if (kind == JSON_ARRAY ? json_length(labels) > 0
                                  : kind != JSON_NULL) {
        return reject(ingest, REJECT_INVALID_LABELS);
    }
    for (size_t i = 0; i < ingest->label_count; i++)
        fold_path(&ingest->labels[i], sample->family);
    switch (batch_set_labels(ingest->batch, sample, ingest->labels,
                             ingest->label_count)) {
    case LABELS_OK:
        return STEP_OK;
    case LABELS_MEMORY:
        return STEP_MEMORY;
    case LABELS_WRONG:
        return reject_labels(ingest, sample->family, REJECT_INVALID_LABELS);
    case LABELS_REFUSED:
        return reject_labels(ingest, sample->family, REJECT_LABEL_VALUE);
    }
    return STEP_MEMORY;
}

/* Above the limit, adding 1 to a total does not change the double. */
static enum step read_number(struct ingest *ingest,
                             const struct json_object *value, double *out) {
    enum json_kind kind = json_kind(value);
    if (kind != JSON_INTEGER && kind != JSON_NUMBER)
        return reject(ingest, REJECT_INVALID_VALUE);
    *out = json_number(value);
    if (!isfinite(*out) || fabs(*out) > NUMBER_EXACT)
        return reject(ingest, REJECT_INVALID_VALUE);
    return STEP_OK;
}

static enum step read_value(struct ingest *ingest, struct sample *sample,
                            const struct json_object *value) {
    struct err ignored;
    enum step step = read_number(ingest, value, &sample->value);
    if (step == STEP_OK && !batch_value_fits(sample->family, sample->value,
                                             false, &ingest->reason, &ignored))
        return STEP_REJECT;
    return step;
}

static enum step read_observations(struct ingest *ingest, struct sample *sample,
                                   const struct json_object *array) {
    if (json_kind(array) != JSON_ARRAY)
        return reject(ingest, REJECT_INVALID_VALUE);
    size_t count = json_length(array);
    if (count > (size_t)ingest->limits->observations_per_sample)
        return reject(ingest, REJECT_TOO_MANY_OBSERVATIONS);
    double *values =
        arena_take(&ingest->batch->arena, (count + 1) * sizeof(*values));
    if (!values)
        return STEP_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum step step = read_number(ingest, json_at(array, i), &values[i]);
        if (step != STEP_OK)
            return step;
    }
    sample->observations = values;
    sample->observation_count = count;
    return STEP_OK;
}

static enum step read_values(struct ingest *ingest, struct sample *sample,
                             const struct json_object *object) {
    switch (metric_shape(sample->family->type)) {
    case SHAPE_TOTAL:
        return read_value(ingest, sample, json_get(object, "inc"));
    case SHAPE_VALUE:
        return read_value(ingest, sample, json_get(object, "value"));
    case SHAPE_BUCKETS:
        return read_observations(ingest, sample,
                                 json_get(object, "observations"));
    case SHAPE_OBSERVATIONS:
        break;
    }
    return reject(ingest, REJECT_TYPE_MISMATCH);
}

/* A family with `from` "programs" requires a trusted sender. */
static enum step check_sender(struct ingest *ingest,
                              const struct family *family) {
    const struct record_sender *sender = ingest->sender;
    if (!family->from_programs)
        return STEP_OK;
    if (!sender || !sender->trusted)
        return reject(ingest, REJECT_PROGRAMS_ONLY);
    return pattern_list_permits(sender->families, family->name,
                                strlen(family->name))
               ? STEP_OK
               : reject(ingest, REJECT_FORBIDDEN);
}

static enum step find_family(struct ingest *ingest, struct sample *sample,
                             const struct json_object *object) {
    const struct json_object *name = json_get(object, "metricName");
    const struct json_object *type = json_get(object, "metricType");
    enum metric_type wanted;
    size_t len;
    if (json_kind(name) != JSON_STRING)
        return reject(ingest, REJECT_INVALID_SAMPLE);
    const char *text = json_string(name, &len);
    sample->family = registry_find(ingest->registry, text, len);
    if (!sample->family || sample->family->internal)
        return reject(ingest, REJECT_UNKNOWN_FAMILY);
    if (json_kind(type) != JSON_STRING)
        return reject(ingest, REJECT_INVALID_SAMPLE);
    text = json_string(type, &len);
    if (!metric_type_parse(text, len, &wanted) ||
        wanted != sample->family->type)
        return reject(ingest, REJECT_TYPE_MISMATCH);
    return check_sender(ingest, sample->family);
}

static void name_refusal(struct ingest *ingest,
                         const struct json_object *object) {
    size_t len;
    const struct json_object *name = json_kind(object) == JSON_OBJECT
                                         ? json_get(object, "metricName")
                                         : NULL;
    ingest->batch->rejected[ingest->reason]++;
    if (!name || json_kind(name) != JSON_STRING)
        return;
    const char *text = json_string(name, &len);
    batch_name_refusal(ingest->batch, ingest->reason, text, len, ingest->label);
}

static enum step read_sample(struct ingest *ingest,
                             const struct json_object *object) {
    struct sample *sample = batch_add(ingest->batch);
    if (!sample)
        return STEP_MEMORY;
    enum step step = STEP_OK;
    ingest->label = NULL;
    if (json_kind(object) != JSON_OBJECT)
        step = reject(ingest, REJECT_INVALID_SAMPLE);
    if (step == STEP_OK)
        step = find_family(ingest, sample, object);
    if (step == STEP_OK)
        step = read_labels(ingest, sample, json_get(object, "labels"));
    if (step == STEP_OK)
        step = read_values(ingest, sample, object);
    if (step == STEP_REJECT) {
        name_refusal(ingest, object);
        ingest->batch->count--;
    }
    return step;
}

static int read_samples(struct ingest *ingest, const struct json_object *array,
                        struct err *err) {
    size_t count = json_length(array);
    size_t limit = (size_t)ingest->limits->samples_per_push;
    if (count > limit) {
        ingest->batch->rejected[REJECT_TOO_MANY_SAMPLES] += count - limit;
        count = limit;
    }
    for (size_t i = 0; i < count; i++)
        if (read_sample(ingest, json_at(array, i)) == STEP_MEMORY)
            return err_no_memory(err);
    return 0;
}

static int read_id(struct ingest *ingest, const struct json_object *id,
                   struct err *err) {
    size_t len;
    if (!id)
        return err_set(err, ERR_BATCH_ID,
                       "batch: missing, must be a UUIDv7; to push without one, "
                       "send an array of samples");
    const char *text = json_text(id, &len);
    if (batch_id_parse(text, len, ingest->batch->id, err) != 0)
        return -1;
    ingest->batch->has_id = true;
    return 0;
}

static int read_document(struct ingest *ingest,
                         const struct json_object *document, struct err *err) {
    if (json_kind(document) == JSON_ARRAY)
        return read_samples(ingest, document, err);
    if (json_kind(document) != JSON_OBJECT)
        return err_set(err, ERR_VALUE,
                       "the body is %s, must be an array of samples or "
                       "{\"batch\": \"<uuidv7>\", \"metrics\": [...]}",
                       json_kind_name(json_kind(document)));
    const struct json_object *metrics = json_get(document, "metrics");
    if (json_kind(metrics) != JSON_ARRAY)
        return err_set(
            err, ERR_VALUE, "metrics: %s, must be an array of samples",
            metrics ? json_kind_name(json_kind(metrics)) : "missing");
    if (read_id(ingest, json_get(document, "batch"), err) != 0)
        return -1;
    return read_samples(ingest, metrics, err);
}

int ingest_record(const char *text, size_t len, const struct registry *registry,
                  const struct limits *limits,
                  const struct record_sender *sender, struct batch *batch,
                  struct err *err) {
    struct ingest ingest = {.registry = registry,
                            .limits = limits,
                            .sender = sender,
                            .batch = batch};
    struct json_object *document;
    if (json_read(text, len, &document, err) != 0)
        return -1;
    int result = read_document(&ingest, document, err);
    json_free(document);
    return result;
}
