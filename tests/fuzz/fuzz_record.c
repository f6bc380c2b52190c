/* A browser's batch against an allowlist with every type: accepted samples are
 * permitted, within the limits, and can be added up. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "config/allowlist.h"
#include "config/config.h"
#include "ingest/record.h"
#include "metrics/fold.h"

static const struct limits limits = {.samples_per_push = 5,
                                     .observations_per_sample = 4,
                                     .label_value_bytes = 12,
                                     .families = 1000,
                                     .series = 200000};
static struct registry registry;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct diagnostics diagnostics = {.count = 0};
    struct allowlist allowlist = {.registry = &registry, .limits = &limits};
    (void)argc;
    (void)argv;
    allowlist_load(&allowlist, "tests/data/record/families.d/families.json",
                   &diagnostics);
    assert(diagnostics.count == 0 && registry_count(&registry) > 0);
    return 0;
}

static void check_labels(const struct sample *sample) {
    const struct family *family = sample->family;
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        if (sample->values[i] != VALUE_NONE) {
            assert(sample->values[i] < rule->values.count);
            continue;
        }
        assert(rule->max_values > 0 && sample->texts);
        assert(sample->texts[i].value_len <= (size_t)limits.label_value_bytes);
        assert(utf8_valid(sample->texts[i].value, sample->texts[i].value_len));
    }
}

static void check_sample(const struct sample *sample) {
    check_labels(sample);
    if (sample->family->type == METRIC_COUNTER)
        assert(isfinite(sample->value) && sample->value >= 0);
    assert(sample->observation_count <= (size_t)limits.observations_per_sample);
    for (size_t i = 0; i < sample->observation_count; i++)
        assert(isfinite(sample->observations[i]));
}

static void check_batch(const struct batch *batch) {
    struct fold fold = {0};
    assert(batch->count <= (size_t)limits.samples_per_push);
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        check_sample(sample);
        for (size_t k = 0; k < sample->family->label_count; k++)
            if (sample->values[k] == VALUE_NONE)
                sample->values[k] = OPEN_OTHER;
        assert(fold_add(&fold, sample) == 0);
    }
    assert(fold.pending_count <= batch->count);
    fold_free(&fold);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct batch batch = {0};
    struct err err = {.code = ERR_NONE};
    if (ingest_record((const char *)bytes, len, &registry, &limits, NULL,
                      &batch, &err) == 0)
        check_batch(&batch);
    else
        assert(err.message[0] != '\0' &&
               (err.code == ERR_SYNTAX
                    ? err.line > 0 && err.column > 0
                    : err.code == ERR_VALUE || err.code == ERR_BATCH_ID));
    batch_free(&batch);
    return 0;
}
