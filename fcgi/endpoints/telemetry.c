#include "endpoints/telemetry.h"

#include <string.h>

#include "endpoints/own_families.h"

static const char *const result_names[] = {
    [PUSH_ACCEPTED] = "accepted",
    [PUSH_OPTED_OUT] = "opted_out",
    [PUSH_REPEATED] = "repeated",
};
static const char *const reject_names[] = {
    [PUSH_BATCH_ID] = "batch_id",
    [PUSH_ENCODING] = "encoding",
    [PUSH_MALFORMED] = "malformed",
    [PUSH_MEDIA_TYPE] = "media_type",
    [PUSH_METHOD] = "method",
    [PUSH_ORIGIN] = "origin",
    [PUSH_PATH] = "path",
    [PUSH_REFUSED] = "refused",
    [PUSH_TIME] = "time",
    [PUSH_TOO_LARGE] = "too_large",
    [PUSH_UNAUTHORIZED] = "unauthorized",
    [PUSH_UNAVAILABLE] = "unavailable",
};
_Static_assert(sizeof(reject_names) / sizeof(reject_names[0]) == PUSH_REJECTS,
               "one name for each reason");

/* The label value at index; NULL after the last. */
typedef const char *label_values(size_t index);

static const char *endpoint_value(size_t index) {
    for (int i = 0; i < ENDPOINTS; i++)
        if (endpoints[i]->telemetry && index-- == 0)
            return endpoints[i]->telemetry;
    return NULL;
}

static const char *result_value(size_t index) {
    return index < PUSH_RESULTS ? result_names[index] : NULL;
}

static const char *push_reject_value(size_t index) {
    return index < PUSH_REJECTS ? reject_names[index] : NULL;
}

static const char *sample_reject_value(size_t index) {
    return index < REJECT_REASONS
               ? reject_reason_name((enum reject_reason)index)
               : NULL;
}

static label_values *values_of(enum own_family index, const char *label) {
    if (strcmp(label, "door") == 0)
        return endpoint_value;
    if (strcmp(label, "result") == 0)
        return result_value;
    return index == OWN_PUSHES_REJECTED ? push_reject_value
                                        : sample_reject_value;
}

static int add_label(struct label_rule *rule, const char *name,
                     label_values *values) {
    const char *value;
    *rule = (struct label_rule){.name = name};
    for (size_t i = 0; (value = values(i)); i++)
        if (value_set_add(&rule->values, value, strlen(value)) == VALUE_NONE)
            return -1;
    return 0;
}

static int add_family(struct registry *registry, enum own_family index) {
    const struct family *own = &own_families[index];
    struct family *family = registry_copy(registry, own);
    if (!family)
        return -1;
    family->internal = true;
    family->open = false;
    family->any_labels = false;
    family->labels = arena_take(&registry->arena,
                                own->label_count * sizeof(*family->labels) + 1);
    for (size_t i = 0; family->labels && i < own->label_count; i++) {
        const char *name = own->labels[i].name;
        family->label_count++;
        if (add_label(&family->labels[i], name, values_of(index, name)) != 0)
            return -1;
    }
    return family->labels ? 0 : -1;
}

int telemetry_register(struct registry *registry) {
    for (int i = 0; i < OWN_STORED; i++)
        if (add_family(registry, (enum own_family)i) != 0)
            return -1;
    return 0;
}

void telemetry_observe(struct telemetry *telemetry, enum telemetry_timer timer,
                       double value) {
    if (telemetry->timer_counts[timer] < TIMER_VALUES)
        telemetry->timers[timer][telemetry->timer_counts[timer]++] = value;
    telemetry->pending = true;
}

bool telemetry_crowded(const struct telemetry *telemetry) {
    for (int i = 0; i < TIMERS; i++)
        if (telemetry->timer_counts[i] > TIMER_VALUES / 2)
            return true;
    return false;
}

/* A batch that is being filled; failed once memory ran out. */
struct filling {
    const struct registry *registry;
    struct batch *batch;
    bool failed;
};

/* first and second are the indices of its label values. */
static struct sample *add_sample(struct filling *filling, enum own_family index,
                                 uint32_t first, uint32_t second) {
    struct sample *sample = batch_add(filling->batch);
    uint32_t *values = arena_take(&filling->batch->arena, 2 * sizeof(*values));
    if (!sample || !values) {
        filling->failed = true;
        return NULL;
    }
    values[0] = first;
    values[1] = second;
    sample->values = values;
    sample->family = registry_find(filling->registry, own_families[index].name,
                                   strlen(own_families[index].name));
    return sample;
}

static void add_count(struct filling *filling, enum own_family index,
                      uint32_t first, uint32_t second, uint64_t count) {
    if (count == 0 || filling->failed)
        return;
    struct sample *sample = add_sample(filling, index, first, second);
    if (sample)
        sample->value = (double)count;
}

static void add_timer(struct filling *filling, enum own_family index,
                      const double *values, size_t count) {
    if (count == 0 || filling->failed)
        return;
    struct sample *sample = add_sample(filling, index, 0, 0);
    if (!sample)
        return;
    sample->observations = values;
    sample->observation_count = count;
}

/* endpoint: the index of its label value. */
static void add_pushes(struct filling *filling, uint32_t endpoint,
                       const struct push_counts *counts) {
    for (uint32_t i = 0; i < PUSH_RESULTS; i++)
        add_count(filling, OWN_PUSHES, endpoint, i, counts->pushes[i]);
    for (uint32_t i = 0; i < PUSH_REJECTS; i++)
        add_count(filling, OWN_PUSHES_REJECTED, endpoint, i,
                  counts->pushes_rejected[i]);
    add_count(filling, OWN_SAMPLES, endpoint, 0, counts->samples);
    for (uint32_t i = 0; i < REJECT_REASONS; i++)
        add_count(filling, OWN_SAMPLES_REJECTED, endpoint, i,
                  counts->samples_rejected[i]);
}

int telemetry_fill(const struct telemetry *telemetry,
                   const struct registry *registry, struct batch *batch) {
    struct filling filling = {registry, batch, false};
    uint32_t value = 0; /* index for the label `door`, see endpoint_value */
    for (int i = 0; i < ENDPOINTS; i++)
        if (endpoints[i]->telemetry)
            add_pushes(&filling, value++, &telemetry->endpoints[i]);
    add_count(&filling, OWN_INCOMPLETE, 0, 0, telemetry->incomplete);
    add_count(&filling, OWN_RECORD_CALLS, 0, 0, telemetry->record_calls);
    for (int i = 0; i < TIMERS; i++)
        add_timer(&filling, (enum own_family)(OWN_TURN_REQUESTS + i),
                  telemetry->timers[i], telemetry->timer_counts[i]);
    return filling.failed ? -1 : 0;
}

void telemetry_clear(struct telemetry *telemetry) {
    memset(telemetry->endpoints, 0, sizeof(telemetry->endpoints));
    memset(telemetry->timer_counts, 0, sizeof(telemetry->timer_counts));
    telemetry->incomplete = 0;
    telemetry->record_calls = 0;
    telemetry->pending = false;
}
