/* Spans, as JSON or protobuf: each is counted and timed or refused, accepted
 * samples are permitted, and no label contains a URL. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/admit.h"
#include "ingest/otlp/spans.h"
#include "metrics/fold.h"

static struct config *config;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct diagnostics diagnostics = {.count = 0};
    struct watch watch = {.count = 0};
    (void)argc;
    (void)argv;
    config =
        config_load("tests/data/spans/config/all.json", &watch, &diagnostics);
    assert(config && diagnostics.count == 0);
    watch_free(&watch);
    return 0;
}

static void check_text(const struct label *text) {
    assert(text->value_len <= (size_t)config->limits.label_value_bytes);
    assert(utf8_valid(text->value, text->value_len));
    assert(!memmem(text->value, text->value_len, "://", 3));
}

static void check_sample(const struct sample *sample) {
    const struct family *family = sample->family;
    for (size_t i = 0; i < family->label_count; i++) {
        if (sample->values[i] != VALUE_NONE) {
            assert(sample->values[i] < family->labels[i].values.count);
            continue;
        }
        check_text(&sample->texts[i]);
        assert(strncmp(family->labels[i].name, "url_", 4) != 0 ||
               sample->texts[i].value_len == 0);
        assert(
            strcmp(family->labels[i].name, "span_name") != 0 ||
            !memchr(sample->texts[i].value, '?', sample->texts[i].value_len));
    }
    if (family->type == METRIC_COUNTER) {
        assert(sample->value == 1);
        return;
    }
    assert(sample->count == 1);
    assert(sample->sum >= 0 && sample->sum <= SPAN_SECONDS_MAX);
}

/* A span makes two samples, of which the second is beside the first. */
static void check_batch(const struct batch *batch, size_t spans) {
    struct fold fold = {0};
    assert(batch->count == 2 * batch_points(batch));
    assert(batch_points(batch) + batch_rejected(batch) == spans);
    for (size_t i = 0; i < batch->count; i++) {
        assert(batch->samples[i].beside == (i % 2 == 1));
        check_sample(&batch->samples[i]);
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        for (size_t k = 0; k < sample->family->label_count; k++)
            if (sample->values[k] == VALUE_NONE)
                sample->values[k] = OPEN_OTHER;
        assert(fold_add(&fold, sample) == 0);
    }
    fold_free(&fold);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.message = ""};
    const struct admission admission = {
        .config = config, .alone = true, .discreet = true, .anybody = true};
    const size_t max = (size_t)config->limits.samples_per_push;
    struct points points = {
        .out = &pushed, .batch = &batch, .left = max, .max = max};
    enum otlp_encoding encoding =
        len > 0 && (*bytes == '{' || *bytes == ' ') ? OTLP_JSON : OTLP_PROTOBUF;
    if (spans_read((const char *)bytes, len, encoding, config,
                   "http://127.0.0.1:14319", &points, &err) != 0) {
        assert(err.code != ERR_NONE && err.message[0] != '\0' &&
               utf8_valid(err.message, strlen(err.message)));
    } else {
        size_t spans = batch_rejected(&batch);
        for (size_t i = 0; i < pushed_count(&pushed); i++)
            spans += pushed.families[i].count;
        assert(admit(&pushed, &admission, &batch, &err) == 0);
        assert(!batch.refused);
        check_batch(&batch, spans);
        assert(!batch.first_rejected ||
               utf8_valid(batch.first_rejected, strlen(batch.first_rejected)));
    }
    batch_free(&batch);
    pushed_free(&pushed);
    return 0;
}
