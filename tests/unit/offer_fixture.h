/* offer_fixture: pushes of unlisted families, and of samples in the form of the
 * endpoints for programs. */
#ifndef TALLYMAN_TESTS_OFFER_FIXTURE_H
#define TALLYMAN_TESTS_OFFER_FIXTURE_H

#include "check.h"
#include "store/commit.h"
#include "store_fixture.h"

/* A sample; members after the first two are optional. */
struct offer {
    const char *name;
    enum metric_type type;
    const char *labels; /* canonical JSON with ' for "; NULL for {} */
    double value;
    double sum;
    uint64_t count;
    uint64_t buckets[12];
    double bounds[11];
    size_t bound_count;
    const char *help;
    const char *unit;
    const char *group; /* if it is the first of a push: the labels of the push's
                          path, as labels; NULL: none */
    const char *pusher; /* of running totals: labels; NULL: increments */
    int64_t epoch;
};

/* Makes the family that a push proposes. */
static inline struct family *offer_family(struct batch *batch,
                                          const struct offer *offer) {
    struct family *family = arena_take(&batch->arena, sizeof(*family));
    assert_non_null(family);
    *family = (struct family){.name = offer->name,
                              .help = offer->help ? offer->help : "h",
                              .unit = offer->unit ? offer->unit : "",
                              .type = offer->type,
                              .open = true,
                              .any_labels = true,
                              .bounds = (double *)(uintptr_t)offer->bounds,
                              .bound_count = offer->bound_count};
    return family;
}

static inline const char *offer_text(struct batch *batch, const char *quoted,
                                     size_t *len) {
    struct strbuf text = {0};
    quote(quoted, &text);
    const char *copy = arena_copy(&batch->arena, text.data, text.len);
    assert_non_null(copy);
    *len = text.len;
    strbuf_free(&text);
    return copy;
}

/* Consecutive samples of a family share its proposal. */
static inline void offer_add(struct batch *batch, const struct offer *offer) {
    struct family *family = NULL;
    if (batch->count > 0 &&
        batch->samples[batch->count - 1].family->name == offer->name)
        family = batch->samples[batch->count - 1].family;
    struct sample *sample = batch_add(batch);
    assert_non_null(sample);
    sample->family = family ? family : offer_family(batch, offer);
    sample->values = arena_take(&batch->arena, sizeof(*sample->values));
    sample->label_set = offer_text(batch, offer->labels ? offer->labels : "{}",
                                   &sample->label_set_len);
    sample->value = offer->value;
    sample->sum = offer->sum;
    sample->count = offer->count;
    sample->buckets = offer->type == METRIC_HISTOGRAM ? offer->buckets : NULL;
    if (offer->pusher)
        sample->pusher = offer_text(batch, offer->pusher, &sample->pusher_len);
    sample->epoch = offer->epoch;
}

/* Pushes all samples to the group, labels as in offer, at that time. */
static inline void batch_give_group(struct batch *batch, const char *labels,
                                    int64_t at) {
    struct batch_group *group = arena_take(&batch->arena, sizeof(*group));
    assert_non_null(group);
    *group = (struct batch_group){.pushed_at = (double)at};
    group->labels = offer_text(batch, labels, &group->labels_len);
    batch->groups = group;
    batch->group_count = 1;
    for (size_t i = 0; i < batch->count; i++)
        batch->samples[i].group = group;
}

/* Commits batches[0..count), at most 8, in one turn. */
static inline int turn_commit(struct side *side, struct batch *batches,
                              size_t count, struct err *err) {
    struct batch *turn[8];
    struct store_clock clock = {.now = side->now};
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        turn[i] = &batches[i];
    return store_commit(side->store, turn, count, false, &clock, err);
}

/* Commits one batch of offers[0..count). Returns why it was refused, valid
 * until the next call; NULL if it was not. */
static inline const char *offer_push(struct side *side,
                                     const struct offer *offers, size_t count,
                                     enum reject_reason *reason) {
    static char why[400];
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    for (size_t i = 0; i < count; i++)
        offer_add(&batch, &offers[i]);
    if (offers[0].group)
        batch_give_group(&batch, offers[0].group, side->now);
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    bool refused = batch.refused;
    if (refused && reason)
        *reason = batch.refusal;
    (void)snprintf(why, sizeof(why), "%s", batch.why.message);
    batch_free(&batch);
    return refused ? why : NULL;
}

/* Commits a sample, which must be accepted. */
static inline void offer_one(struct side *side, struct offer offer) {
    const char *why = offer_push(side, &offer, 1, NULL);
    if (why)
        fail_msg("%s", why);
}

/* Commits a sample of a listed family, which must be accepted. */
static inline void group_push(struct side *side, const char *group,
                              const char *family, const char *labels,
                              const char *values) {
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    const struct push push = {NULL, family, labels, values};
    push_parse(&push, side, &batch);
    batch_give_group(&batch, group, side->now);
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    batch_free(&batch);
}

/* Queries of the counts of open families in meta, and of their rows. */
#define OPEN_META                                                              \
    "SELECT key, value FROM meta WHERE key LIKE 'open_%' ORDER BY key"
#define OPEN_COUNT                                                             \
    "SELECT (SELECT value FROM meta WHERE key = 'open_series') - count(*) "    \
    "FROM series JOIN family ON family.id = family_id WHERE open"
#define OPEN_FAMILIES                                                          \
    "SELECT name, type, help, unit, bounds FROM family WHERE open "            \
    "ORDER BY name"

/* Closes the side and checks the database. */
static inline void sound_close(struct side *side) {
    side_close(side);
    assert_rows(SOUND, "ok|0|0\n");
    assert_rows(OPEN_COUNT, "0\n");
    assert_rows("SELECT (SELECT value FROM meta WHERE key = 'pushers') - "
                "count(*) FROM pusher",
                "0\n");
    assert_rows("SELECT (SELECT value FROM meta WHERE key = 'groups') - "
                "count(*) FROM push_group",
                "0\n");
}

#endif
