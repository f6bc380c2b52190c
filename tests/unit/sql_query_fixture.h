/* sql_query_fixture: SQL queries of allowlist files with given results. */
#ifndef TALLYMAN_TESTS_SQL_QUERY_FIXTURE_H
#define TALLYMAN_TESTS_SQL_QUERY_FIXTURE_H

#include "history_fixture.h"
#include "store/sql_claim.h"
#include "store/sql_outcome.h"

enum { EVERY = 60, TIMEOUT = 2, LEASE = TIMEOUT + SQL_CLAIM_MARGIN };

/* Changes the side's configuration to the queries of the text, such as "g
 * gauge, c counter". */
static inline int queries_try(struct side *side, const char *text,
                              struct err *err) {
    struct registry registry = {.room = 0};
    while (*text) {
        const size_t len = strcspn(text, " ");
        struct family *family = registry_add(&registry, text, len);
        assert_non_null(family);
        text += len + 1;
        family->help = "h";
        family->unit = "";
        family->internal = family->queried = family->any_labels = true;
        const size_t type = strcspn(text, ",");
        assert_true(metric_type_parse(text, type, &family->type));
        text += type;
        text += strspn(text, ", ");
    }
    return side_take(side, &registry, err);
}

static inline void queries_load(struct side *side, const char *text) {
    struct err err = {.code = ERR_NONE};
    if (queries_try(side, text, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void queries_open(struct side *side, const char *text,
                                int64_t now) {
    struct err err = {.code = ERR_NONE};
    *side = (struct side){.now = now,
                          .history = {.enabled = true,
                                      .step_days = 400,
                                      .hour_days = 400,
                                      .day_days = 3650,
                                      .max_bytes = 1 << 30}};
    if (store_open(scratch_path("t.db"), false, &side->store, &err) != 0)
        fail_msg("%s", err.message);
    queries_load(side, text);
}

static inline struct sql_query query_of(struct side *side, const char *name) {
    return (struct sql_query){.family = family_of(side, name),
                              .sql = "SELECT 1",
                              .every = EVERY,
                              .timeout = TIMEOUT};
}

/* Claims the query at the side's time. Returns the claim. */
static inline struct sql_claim query_claim(struct side *side,
                                           const char *name) {
    struct err err = {.code = ERR_NONE};
    struct sql_claim claim;
    const struct sql_query query = query_of(side, name);
    if (store_claim_query(side->store, &query, (double)side->now, &claim,
                          &err) != 0)
        fail_msg("%s", err.message);
    return claim;
}

/* Makes rows from a text such as "a 5, b 2.5": label l, if any, and value. */
static inline void rows_read(struct sql_rows *rows, const char *text) {
    while (*text) {
        struct strbuf labels = {0};
        const size_t len = strcspn(text, " ");
        char *end;
        if (len > 0)
            strbuf_printf(&labels, "{\"l\":\"%.*s\"}", (int)len, text);
        else
            strbuf_add_string(&labels, "{}");
        struct sql_row *more =
            arena_take(&rows->arena, (rows->count + 1) * sizeof(*more));
        char *copy = arena_copy(&rows->arena, labels.data, labels.len);
        assert_true(more && copy);
        if (rows->count > 0)
            memcpy(more, rows->rows, rows->count * sizeof(*more));
        more[rows->count++] =
            (struct sql_row){copy, labels.len, strtod(text + len, &end)};
        rows->rows = more;
        text = end + strspn(end, ", ");
        strbuf_free(&labels);
    }
}

struct ended {
    bool late;
    enum sql_news news;
    struct err err; /* why the query has failed */
};

/* Ends the claimed run with those rows, or with a message after an exclamation
 * mark. */
static inline int query_try_end(struct side *side, const char *name,
                                double started_at, const char *text,
                                struct ended *ended, struct err *err) {
    struct sql_rows rows = {.count = 0};
    const struct sql_query query = query_of(side, name);
    const struct store_clock clock = {.now = side->now};
    struct sql_outcome outcome = {.query = &query,
                                  .started_at = started_at,
                                  .seconds = 0.25,
                                  .rows = &rows,
                                  .series_max = 6};
    struct batch batch = {.sql_outcome = &outcome};
    struct batch *batches[] = {&batch};
    if (*text == '!')
        (void)err_set(&outcome.err, ERR_VALUE, "%s", text + 1);
    else
        rows_read(&rows, text);
    const int result =
        store_commit(side->store, batches, 1, false, &clock, err);
    *ended = (struct ended){outcome.late, outcome.news, outcome.err};
    arena_free(&rows.arena);
    return result;
}

static inline struct ended query_end(struct side *side, const char *name,
                                     double started_at, const char *text) {
    struct ended ended;
    struct err err = {.code = ERR_NONE};
    if (query_try_end(side, name, started_at, text, &ended, &err) != 0)
        fail_msg("%s", err.message);
    return ended;
}

/* A run from its claim to its result, at that time. */
static inline struct ended query_run(struct side *side, const char *name,
                                     int64_t now, const char *text) {
    side->now = now;
    const struct sql_claim claim = query_claim(side, name);
    if (claim.started_at <= 0)
        fail_msg("%s: not due, wait %g", name, claim.wait);
    return query_end(side, name, claim.started_at, text);
}

/* Like the previous one, for a run that must succeed. */
static inline void query_give(struct side *side, const char *name, int64_t now,
                              const char *text) {
    const struct ended ended = query_run(side, name, now, text);
    assert_string_equal(ended.err.message, "");
    assert_false(ended.late);
}

/* Query of every series and SQL query, with times relative to NOW. */
#define QUERY_SERIES                                                           \
    "SELECT name, labels, value, count, created_at - 1700000000, "             \
    "updated_at - 1700000000 FROM series JOIN total ON series_id = series.id " \
    "JOIN family ON family.id = family_id ORDER BY name, labels"
#define QUERIES                                                                \
    "SELECT name, iif(started_at > 0, started_at - 1700000000, 0), "           \
    "iif(claimed_until > 0, claimed_until - 1700000000, 0), runs, errors, "    \
    "iif(succeeded_at > 0, succeeded_at - 1700000000, 0), seconds, error "     \
    "FROM sql_query ORDER BY name"

#endif
