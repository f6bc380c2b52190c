/* cumulative_fixture: running totals pushed to a store. */
#ifndef TALLYMAN_TESTS_CUMULATIVE_FIXTURE_H
#define TALLYMAN_TESTS_CUMULATIVE_FIXTURE_H

#include "offer_fixture.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'temporality': "
    "'cumulative', 'labels': [{'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 2], "
    "'temporality': 'cumulative'},"
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'temporality': "
    "'cumulative', 'labels': [{'name': 'page', 'maxValues': 3}]},"
    "{'name': 'plain', 'help': 'h', 'type': 'counter'},"
    "{'name': 's', 'help': 'h', 'type': 'summary', 'temporality': "
    "'cumulative'}";

/* A running total of a process. */
struct total {
    const char *pusher;
    const char *family;
    const char *label; /* its value, for a family with a label */
    double value;
    double sum;
    uint64_t count;
    uint64_t buckets[3];
    bool observed;
    int64_t epoch; /* negative: unknown, of a family that is not listed as
                      cumulative */
};

static inline void total_add(struct side *side, struct batch *batch,
                             const struct total *total) {
    struct family *family =
        registry_find(&side->registry, total->family, strlen(total->family));
    struct sample *sample = batch_add(batch);
    assert_non_null(sample);
    assert_non_null(family);
    sample->family = family;
    struct label label = {"", total->label, 0};
    if (family->label_count > 0) {
        label.name = family->labels[0].name;
        label.value_len = strlen(total->label);
    }
    assert_int_equal(
        batch_set_labels(batch, sample, &label, family->label_count),
        LABELS_OK);
    if (family->cumulative || total->epoch != 0)
        sample->pusher = offer_text(batch, total->pusher, &sample->pusher_len);
    sample->epoch = total->epoch;
    sample->value = total->value;
    sample->sum = total->sum;
    sample->count = total->count;
    if (family->type == METRIC_HISTOGRAM)
        sample->buckets = total->buckets;
    sample->observed = total->observed;
}

static inline const char *
totals_push(struct side *side, const struct total *totals, size_t count) {
    static char why[400];
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    for (size_t i = 0; i < count; i++)
        total_add(side, &batch, &totals[i]);
    batch_give_group(&batch, totals[0].pusher, side->now);
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    bool refused = batch.refused;
    if (refused)
        assert_int_equal(batch.refusal, REJECT_SERIES_LIMIT);
    (void)snprintf(why, sizeof(why), "%s", batch.why.message);
    batch_free(&batch);
    return refused ? why : NULL;
}

static inline void total_push(struct side *side, struct total total) {
    const char *why = totals_push(side, &total, 1);
    if (why)
        fail_msg("%s", why);
}

#define VALUES                                                                 \
    "SELECT name || coalesce(labels ->> 'l', labels ->> 'page', ''), value, "  \
    "sum, count, buckets FROM series JOIN total ON series_id = series.id "     \
    "JOIN family ON family.id = family_id "                                    \
    "WHERE value <> 0 OR count <> 0 ORDER BY name, labels"
#define PUSHERS                                                                \
    "SELECT name, labels, pusher, value, pusher.sum, count, buckets, seen_at " \
    "- 1700000000 FROM pusher JOIN family ON family.id = family_id "           \
    "ORDER BY name, labels, pusher"

static const char p1[] = "{'i':'1'}";
static const char p2[] = "{'i':'2'}";

/* Removes the group of these labels, at most two. */
static inline void remove_series(struct side *side, struct label first,
                                 struct label second) {
    const struct label labels[] = {first, second};
    const struct removal removal = {labels, second.name ? 2 : 1, NULL};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

#endif
