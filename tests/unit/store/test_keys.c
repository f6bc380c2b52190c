/* The idempotency keys of clients: a push counts once. */
#include "metrics/batch_id.h"
#include "offer_fixture.h"

static const char families[] = "{'name': 'c', 'help': 'h', 'type': 'counter'}";

#define KEYS "SELECT hex(key), seen_at - 1700000000 FROM push_key ORDER BY key"
#define KEY_1 "00000000000000000000000000000001"
#define KEY_2 "00000000000000000000000000000002"

static void give_key(struct batch *batch, unsigned char key) {
    batch->has_key = true;
    batch->key[BATCH_KEY_SIZE - 1] = key;
}

/* Commits pushes of 1 with these keys in one turn, 0 without a key; `repeated`
 * has a letter for each push. */
static void push_keys(struct side *side, const char *keys,
                      const char *repeated) {
    const struct push push = {NULL, "c", "{}", "1"};
    struct batch batches[8] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    const size_t count = strlen(keys);
    for (size_t i = 0; i < count; i++) {
        push_parse(&push, side, &batches[i]);
        if (keys[i] != '0')
            give_key(&batches[i], (unsigned char)(keys[i] - '0'));
    }
    if (turn_commit(side, batches, count, &err) != 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(batches[i].repeated, repeated[i] == 'r');
        batch_free(&batches[i]);
    }
}

/* Within a turn, in the next one, and across stores, including later ones. */
static void test_push_with_a_key_counts_once(void **state) {
    struct side sides[2];
    (void)state;
    side_open(&sides[0], families);
    side_open(&sides[1], families);
    sides[1].now = NOW + 1;
    push_keys(&sides[0], "1001", "...r");
    assert_rows(TOTALS, "c|{}|3.0\n");
    push_keys(&sides[1], "1210", "r.r.");
    push_keys(&sides[0], "2", "r");
    assert_rows(TOTALS, "c|{}|5.0\n");
    assert_rows(KEYS, KEY_1 "|0\n" KEY_2 "|1\n");
    sound_close(&sides[1]);
    sound_close(&sides[0]);
    side_open(&sides[0], families);
    push_keys(&sides[0], "12", "rr");
    assert_rows(TOTALS, "c|{}|5.0\n");
    sound_close(&sides[0]);
}

/* A push with a key and an id is a repeat if either is known. */
static void test_key_or_id_makes_a_repeat(void **state) {
    static const struct {
        const char *id;
        unsigned char key;
        bool repeated;
    } pushes[] = {{id_1, 1, false},
                  {id_1, 2, true},
                  {id_2, 1, true},
                  {NULL, 1, true},
                  {NULL, 3, false}};
    struct side side;
    (void)state;
    side_open(&side, families);
    for (size_t i = 0; i < COUNT(pushes); i++) {
        const struct push push = {pushes[i].id, "c", "{}", "1"};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        push_parse(&push, &side, &batch);
        give_key(&batch, pushes[i].key);
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_int_equal(batch.repeated, pushes[i].repeated);
        batch_free(&batch);
    }
    assert_rows(TOTALS, "c|{}|2.0\n");
    sound_close(&side);
}

/* The key of a push that is refused, alone or with its turn, is not used up:
 * the client may send it again. */
static void test_key_of_a_refused_push_is_free(void **state) {
    static const struct offer offers[] = {
        {"x", METRIC_GAUGE, .value = 1},
        {"x", METRIC_COUNTER, .value = 1},
    };
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, families);
    offer_one(&side, offers[0]);
    offer_add(&batch, &offers[1]);
    give_key(&batch, 1);
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    assert_true(batch.refused);
    batch_free(&batch);
    assert_rows(KEYS, "");
    outsider_run("ALTER TABLE total ADD COLUMN poison INTEGER "
                 "CHECK (value < 2)");
    const struct push pushes[] = {{NULL, "c", "{}", "5"},
                                  {NULL, "c", "{}", "1"}};
    struct batch turn[2] = {{.count = 0}};
    for (unsigned char i = 0; i < 2; i++) {
        push_parse(&pushes[i], &side, &turn[i]);
        give_key(&turn[i], i + 1);
    }
    assert_int_equal(turn_commit(&side, turn, 1, &err), 0);
    assert_true(turn[0].refused);
    assert_rows(KEYS, "");
    assert_int_equal(turn_commit(&side, turn, 2, &err), 0);
    assert_true(turn[0].refused && !turn[1].refused);
    assert_rows(KEYS, KEY_2 "|0\n");
    batch_free(&turn[0]);
    batch_free(&turn[1]);
    outsider_run("ALTER TABLE total DROP COLUMN poison");
    push_keys(&side, "12", ".r");
    assert_rows(KEYS, KEY_1 "|0\n" KEY_2 "|0\n");
    assert_rows("SELECT value FROM counter_totals JOIN total ON value = total",
                "2.0\n");
    sound_close(&side);
}

/* A turn with a key forgets keys older than the horizon, at most 100, the
 * oldest first; other turns forget none. */
static void test_old_keys_are_forgotten(void **state) {
    struct side side;
    struct batch batch = {.count = 0};
    struct batch *turn[] = {&batch};
    struct err err = {.code = ERR_NONE};
    const struct store_clock clock = {.now = NOW, .key_horizon = 140};
    (void)state;
    side_open(&side, families);
    outsider_run("INSERT INTO push_key SELECT randomblob(16), value FROM "
                 "json_each((SELECT json_group_array(n) FROM (WITH RECURSIVE "
                 "n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE "
                 "n < 150) SELECT n FROM n)))");
    batch.has_id = true;
    assert_int_equal(batch_id_parse(id_1, strlen(id_1), batch.id, &err), 0);
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_rows("SELECT count(*) FROM push_key", "150\n");
    batch.has_id = false;
    give_key(&batch, 1);
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_rows("SELECT count(*), min(seen_at) FROM push_key", "51|101\n");
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_true(batch.repeated);
    assert_rows("SELECT count(*), min(seen_at) FROM push_key", "12|140\n");
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_push_with_a_key_counts_once),
        TEST(test_key_or_id_makes_a_repeat),
        TEST(test_key_of_a_refused_push_is_free),
        TEST(test_old_keys_are_forgotten),
    };
    return cmocka_run_group_tests_name("store_keys", tests, NULL, NULL);
}
