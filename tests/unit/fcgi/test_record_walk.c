#include "process/record_walk.h"

#include "base/strbuf.h"
#include "check.h"
#include "guard.h"

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, DATA = 8 };

static const char content[65535];

static void add_header(struct strbuf *out, int type, int id, size_t len,
                       int padding) {
    const unsigned char header[] = {
        1,
        (unsigned char)type,
        (unsigned char)(id >> 8),
        (unsigned char)id,
        (unsigned char)(len >> 8),
        (unsigned char)len,
        (unsigned char)padding,
        0xEE, /* reserved: any value */
    };
    strbuf_add(out, (const char *)header, sizeof(header));
}

static void add(struct strbuf *out, int type, int id, size_t len, int padding) {
    add_header(out, type, id, len, padding);
    strbuf_add(out, content, len);
    strbuf_add(out, content, (size_t)padding);
}

static void add_begin(struct strbuf *out, int id, int role, int flags) {
    const unsigned char body[] = {(unsigned char)(role >> 8),
                                  (unsigned char)role,
                                  (unsigned char)flags,
                                  1,
                                  2,
                                  3,
                                  4,
                                  5};
    add_header(out, BEGIN, id, sizeof(body), 0);
    strbuf_add(out, (const char *)body, sizeof(body));
}

/* A step of a script; type 0 ends it. */
struct step {
    int type, id;
    size_t len;
    int padding; /* of BEGIN: the role */
};

static void build(struct strbuf *out, const struct step *steps) {
    for (; steps->type != 0; steps++)
        if (steps->type == BEGIN)
            add_begin(out, steps->id, steps->padding, 1);
        else
            add(out, steps->type, steps->id, steps->len, steps->padding);
}

static enum record_state walk_all(const struct strbuf *input, size_t len,
                                  struct record_walk *walk) {
    *walk = (struct record_walk){0};
    return record_walk(
        walk, (const unsigned char *)guard_place(input->data, len), len);
}

/* The state after input byte by byte; *at is the number of bytes read. */
static enum record_state feed(const struct strbuf *input, size_t *at,
                              struct record_walk *walk) {
    enum record_state state = RECORDS_INCOMPLETE;
    *walk = (struct record_walk){0};
    for (*at = 0; state == RECORDS_INCOMPLETE && *at < input->len;) {
        ++*at;
        state = record_walk(walk, (const unsigned char *)input->data, *at);
    }
    return state;
}

static void good(void **state) {
    static const struct {
        const char *name;
        struct step steps[10];
    } cases[] = {
        {"the least", {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {STDIN, 1, 0, 0}}},
        {"parameters",
         {{BEGIN, 1, 0, 1},
          {PARAMS, 1, 50, 0},
          {PARAMS, 1, 0, 0},
          {STDIN, 1, 0, 0}}},
        {"a body in pieces, with padding",
         {{BEGIN, 1, 0, 1},
          {PARAMS, 1, 7, 1},
          {PARAMS, 1, 1, 7},
          {PARAMS, 1, 0, 8},
          {STDIN, 1, 265, 255},
          {STDIN, 1, 1, 0},
          {STDIN, 1, 300, 3},
          {STDIN, 1, 0, 9}}},
        {"the largest id",
         {{BEGIN, 65535, 0, 1},
          {PARAMS, 65535, 9, 0},
          {PARAMS, 65535, 0, 0},
          {STDIN, 65535, 0, 0}}},
        {"as many parameters as there may be",
         {{BEGIN, 1, 0, 1},
          {PARAMS, 1, 65535, 1},
          {PARAMS, 1, 1, 0},
          {PARAMS, 1, 0, 0},
          {STDIN, 1, 0, 0}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf input = {0};
        struct record_walk at_once;
        struct record_walk bytewise;
        size_t fed;
        build(&input, cases[i].steps);
        size_t len = input.len;
        /* Bytes after the request are ignored. */
        strbuf_add_string(&input, "\x07garbage behind");
        check_number(cases[i].name, walk_all(&input, input.len, &at_once),
                     RECORDS_COMPLETE);
        check_number(cases[i].name, (long long)at_once.next, (long long)len);
        check_number(cases[i].name, at_once.id, cases[i].steps[0].id);
        check_number(cases[i].name, feed(&input, &fed, &bytewise),
                     RECORDS_COMPLETE);
        check_number(cases[i].name, (long long)fed, (long long)len);
        check_number(cases[i].name, (long long)bytewise.next, (long long)len);
        check_number(cases[i].name, bytewise.id, at_once.id);
        check_number(cases[i].name, (long long)bytewise.params_len,
                     (long long)at_once.params_len);
        strbuf_free(&input);
    }
}

static void cut_short(void **state) {
    static const struct step steps[] = {{BEGIN, 1, 0, 1},  {PARAMS, 1, 30, 2},
                                        {PARAMS, 1, 0, 0}, {STDIN, 1, 20, 4},
                                        {STDIN, 1, 0, 0},  {0}};
    struct strbuf input = {0};
    struct record_walk walk;
    (void)state;
    build(&input, steps);
    for (size_t len = 0; len < input.len; len++) {
        check_number("a prefix", walk_all(&input, len, &walk),
                     RECORDS_INCOMPLETE);
        assert_true(walk.next <= len);
    }
    strbuf_free(&input);
}

/* Each script is complete: only its last step is broken. */
static void broken(void **state) {
    static const struct {
        const char *name;
        struct step steps[6];
    } cases[] = {
        {"no begin", {{PARAMS, 1, 0, 0}}},
        {"the body first", {{STDIN, 1, 0, 0}}},
        {"a management record", {{9, 0, 8, 0}}},
        {"request 0", {{BEGIN, 0, 0, 1}}},
        {"an authorizer", {{BEGIN, 1, 0, 2}}},
        {"a filter", {{BEGIN, 1, 0, 3}}},
        {"role 0", {{BEGIN, 1, 0, 0}}},
        {"role 257", {{BEGIN, 1, 0, 257}}},
        {"begin twice", {{BEGIN, 1, 0, 1}, {BEGIN, 1, 0, 1}}},
        {"another request", {{BEGIN, 1, 0, 1}, {BEGIN, 2, 0, 1}}},
        {"the parameters of another", {{BEGIN, 1, 0, 1}, {PARAMS, 2, 5, 0}}},
        {"another by its high byte", {{BEGIN, 1, 0, 1}, {PARAMS, 257, 5, 0}}},
        {"an abort", {{BEGIN, 1, 0, 1}, {ABORT, 1, 0, 0}}},
        {"the body before the parameters",
         {{BEGIN, 1, 0, 1}, {STDIN, 1, 0, 0}}},
        {"the body within the parameters",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 5, 0}, {STDIN, 1, 0, 0}}},
        {"parameters in the body",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {PARAMS, 1, 5, 0}}},
        {"an abort in the body",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {ABORT, 1, 0, 0}}},
        {"the body of another",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {STDIN, 2, 0, 0}}},
        {"the data of a filter",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {DATA, 1, 0, 0}}},
        {"an end from the server",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {END, 1, 8, 0}}},
        {"a management record inside",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 0, 0}, {9, 0, 0, 0}}},
        {"type 11", {{BEGIN, 1, 0, 1}, {11, 1, 0, 0}}},
        {"type 255", {{BEGIN, 1, 0, 1}, {255, 1, 0, 0}}},
        {"too many parameters",
         {{BEGIN, 1, 0, 1}, {PARAMS, 1, 65535, 0}, {PARAMS, 1, 2, 0}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf input = {0};
        struct record_walk walk;
        size_t fed;
        build(&input, cases[i].steps);
        check_number(cases[i].name, walk_all(&input, input.len, &walk),
                     RECORDS_BROKEN);
        check_number(cases[i].name, feed(&input, &fed, &walk), RECORDS_BROKEN);
        /* Not broken before its last step. */
        check_number(cases[i].name, (long long)fed, (long long)input.len);
        strbuf_free(&input);
    }
}

/* Broken once its header is complete: other protocols may never complete a
 * record. */
static void other_protocol(void **state) {
    static const char *const inputs[] = {"GET / HTTP/1.1\r\n\r\n",
                                         "\x16\x03\x01\x02\x00\x01\x00\x01",
                                         "\x02\x01\x00\x01\x00\x08\x00\x00"};
    (void)state;
    for (size_t i = 0; i < COUNT(inputs); i++) {
        struct strbuf input = {0};
        struct record_walk walk;
        size_t fed;
        strbuf_add(&input, inputs[i], i == 0 ? strlen(inputs[i]) : 8);
        check_number("version", feed(&input, &fed, &walk), RECORDS_BROKEN);
        assert_in_range(fed, 1, 8);
        strbuf_free(&input);
    }
}

/* A wrong content length: a longer one waits, a shorter one is broken or
 * another record. Neither reads beyond the input. */
static void wrong_lengths(void **state) {
    struct record_walk walk;
    (void)state;
    for (size_t claimed = 0; claimed < 65536; claimed += claimed < 20 ? 1 : 997)
        for (int padding = 0; padding < 256; padding += 51) {
            struct strbuf input = {0};
            add_header(&input, BEGIN, 1, claimed, padding);
            strbuf_add(&input, "\0\1\1\0\0\0\0\0", 8);
            bool waits = claimed + (size_t)padding > 8;
            enum record_state want = waits ? RECORDS_INCOMPLETE
                                     : claimed == 8 && padding == 0
                                         ? RECORDS_INCOMPLETE
                                         : RECORDS_BROKEN;
            check_number("begin", walk_all(&input, input.len, &walk), want);
            check_number("begin, next", (long long)walk.next,
                         claimed == 8 && padding == 0 ? 16 : 0);
            strbuf_reset(&input);
            add_begin(&input, 1, 1, 0);
            add(&input, PARAMS, 1, 0, 0);
            add_header(&input, STDIN, 1, claimed, padding);
            check_number("body", walk_all(&input, input.len, &walk),
                         claimed + (size_t)padding > 0 ? RECORDS_INCOMPLETE
                                                       : RECORDS_COMPLETE);
            strbuf_free(&input);
        }
}

/* The parameters are available once they are complete. */
static void parameters(void **state) {
    struct strbuf input = {0};
    struct strbuf params = {0};
    struct record_walk walk = {0};
    (void)state;
    add_begin(&input, 7, 1, 1);
    add_header(&input, PARAMS, 7, 3, 2);
    strbuf_add_string(&input, "one##");
    add_header(&input, PARAMS, 7, 4, 0);
    strbuf_add_string(&input, ", tw");
    add_header(&input, PARAMS, 7, 1, 1);
    strbuf_add_string(&input, "o#");
    add(&input, PARAMS, 7, 0, 3);
    size_t end = input.len;
    add_header(&input, STDIN, 7, 4, 0);
    strbuf_add_string(&input, "body");
    add(&input, STDIN, 7, 0, 0);
    for (size_t len = 0; len <= input.len; len++) {
        const unsigned char *bytes =
            (const unsigned char *)guard_place(input.data, len);
        (void)record_walk(&walk, bytes, len);
        strbuf_reset(&params);
        check_number("complete", record_params(&walk, bytes, len, &params),
                     len >= end);
        if (len >= end)
            check_bytes("params", params.data, params.len, BYTES("one, two"));
    }
    strbuf_free(&params);
    strbuf_free(&input);
}

/* A begin record with a short body is broken once it is complete. */
static void begin_of_another_size(void **state) {
    (void)state;
    for (size_t len = 0; len < 20; len++) {
        struct strbuf input = {0};
        struct record_walk walk;
        add_header(&input, BEGIN, 1, len, 0);
        for (size_t i = 0; i < len; i++)
            strbuf_add_char(&input, i == 1 ? 1 : 0);
        check_number("size", walk_all(&input, input.len, &walk),
                     len == 8 ? RECORDS_INCOMPLETE : RECORDS_BROKEN);
        strbuf_free(&input);
    }
}

/* Random input gives the same state at once and in pieces, and next stays
 * within the input. */
static void random_damage(void **state) {
    static const struct step steps[] = {{BEGIN, 1, 0, 1},  {PARAMS, 1, 20, 3},
                                        {PARAMS, 1, 0, 0}, {STDIN, 1, 9, 1},
                                        {STDIN, 1, 0, 0},  {0}};
    struct strbuf input = {0};
    uint64_t random = 1;
    (void)state;
    build(&input, steps);
    for (int i = 0; i < 20000; i++) {
        struct record_walk at_once;
        struct record_walk bytewise;
        size_t fed;
        size_t at = check_random(&random) % input.len;
        char before = input.data[at];
        input.data[at] = (char)(check_random(&random) % (i % 2 ? 256 : 12));
        enum record_state want = feed(&input, &fed, &bytewise);
        check_number("state", walk_all(&input, input.len, &at_once), want);
        check_number("next", (long long)at_once.next, (long long)bytewise.next);
        assert_true(at_once.next <= input.len);
        input.data[at] = before;
    }
    strbuf_free(&input);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(broken),
        cmocka_unit_test(other_protocol),
        cmocka_unit_test(wrong_lengths),
        cmocka_unit_test(parameters),
        cmocka_unit_test(begin_of_another_size),
        cmocka_unit_test(random_damage),
    };
    return cmocka_run_group_tests_name("record_walk", tests, NULL, NULL);
}
