/* A body of the Faro web SDK against an allowlist with every type: all samples
 * are listed and can be added up, and no label contains a URL. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "config/allowlist.h"
#include "ingest/admit.h"
#include "ingest/faro/faro.h"
#include "metrics/fold.h"

enum { POINTS_MAX = 50 };

static struct config *config;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct watch watch = {.incomplete = false};
    struct diagnostics diagnostics = {.count = 0};
    (void)argc;
    (void)argv;
    config = config_load("tests/data/faro/tallyman.json", &watch, &diagnostics);
    assert(config);
    watch_free(&watch);
    struct allowlist allowlist = {.registry = &config->registry,
                                  .limits = &config->limits};
    allowlist_load(&allowlist, "tests/data/faro/families.json", &diagnostics);
    assert(diagnostics.count == 0);
    return 0;
}

static void check_sample(const struct sample *sample) {
    const struct family *family = sample->family;
    assert(!family->internal && !family->open && !family->from_programs);
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        if (sample->values[i] != VALUE_NONE) {
            assert(sample->values[i] < rule->values.count);
            continue;
        }
        const struct label *text = &sample->texts[i];
        assert(rule->max_values > 0);
        assert(text->value_len <= (size_t)config->limits.label_value_bytes);
        assert(utf8_valid(text->value, text->value_len));
        assert(!memmem(text->value, text->value_len, "://", 3));
    }
    assert(isfinite(sample->value) && isfinite(sample->sum));
    if (family->type == METRIC_COUNTER)
        assert(sample->value >= 0);
    if (metric_observes(family->type))
        assert(sample->count == 1);
}

static void check_batch(const struct batch *batch) {
    struct fold fold = {0};
    assert(batch->count <= POINTS_MAX);
    for (size_t i = 0; i < batch->count; i++) {
        const struct sample *sample = &batch->samples[i];
        check_sample(sample);
        for (size_t k = 0; k < sample->family->label_count; k++)
            if (sample->values[k] == VALUE_NONE)
                sample->values[k] = OPEN_OTHER;
        assert(fold_add(&fold, sample) == 0);
    }
    fold_free(&fold);
}

static void check_body(const char *text, size_t len, bool spans) {
    const struct faro_setting setting = {.registry = &config->registry,
                                         .pages = &config->pages,
                                         .routes = &config->routes,
                                         .spans = spans,
                                         .app = spans ? "shop" : NULL,
                                         .host = "shop.example",
                                         .uri = "/collect"};
    const struct admission admission = {
        .config = config, .alone = true, .anybody = true, .discreet = true};
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct points points = {
        .out = &pushed, .batch = &batch, .left = POINTS_MAX, .max = POINTS_MAX};
    if (ingest_faro(text, len, &setting, &points, &err) != 0) {
        assert(err.message[0] != '\0' && err.code != ERR_MEMORY);
        assert(pushed_count(&pushed) == 0);
    } else {
        assert(admit(&pushed, &admission, &batch, &err) == 0);
        check_batch(&batch);
    }
    batch_free(&batch);
    pushed_free(&pushed);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    check_body((const char *)bytes, len, false);
    check_body((const char *)bytes, len, true);
    return 0;
}
