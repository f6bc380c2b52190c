/* query_fixture: questions to rows of the history, and their answers as JSON.
 */
#ifndef TALLYMAN_TESTS_QUERY_FIXTURE_H
#define TALLYMAN_TESTS_QUERY_FIXTURE_H

#include "history_fixture.h"
#include "offer_fixture.h"
#include "query/answer.h"
#include "query/catalog.h"

static const char query_families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'g', 'help': 'of g', 'type': 'gauge'},"
    "{'name': 'h', 'help': '', 'type': 'histogram', 'buckets': [1, 10]}";

/* The names that a viewer may see. */
static const char *only_g_names[] = {"g*"};
static const struct string_list only_g = {only_g_names, 1};

static struct side side;
static struct config query_config;

/* Ten days of history, with periods of 5 minutes since DAY. The series of c
 * with the label b began at 10:00 of that day. The pushes of 22:12 are not in
 * the history yet. */
static const char query_rows[] =
    "UPDATE meta SET value = DAY - 864000 WHERE key = 'history_since';"
    "INSERT OR REPLACE INTO meta VALUES ('history_step_since', DAY);"
    "UPDATE series SET created_at = DAY - 2000000;"
    "UPDATE series SET created_at = DAY + 36000 WHERE labels LIKE '%b%';"
    "UPDATE total SET value = 44, updated_at = DAY + 79920 "
    " WHERE series_id = ID(c, a);"
    "UPDATE total SET value = 1, updated_at = DAY + 37800 "
    " WHERE series_id = ID(c, b);"
    "UPDATE total SET value = 9, count = 2, updated_at = DAY + 79500 "
    " WHERE series_id = ID(g, );"
    "UPDATE total SET sum = 33, count = 5, buckets = '[1,3,1]', "
    " updated_at = DAY + 79500 WHERE series_id = ID(h, );"
    "INSERT INTO history_mark VALUES (ID(c, a), 42, 0, 0, NULL),"
    " (ID(c, b), 1, 0, 0, NULL), (ID(g, ), 9, 0, 2, NULL),"
    " (ID(h, ), 0, 33, 5, '[1,3,1]');"
    "INSERT INTO history_day VALUES (ID(c, a), DAY - 259200, 10),"
    " (ID(c, a), DAY - 86400, 20), (ID(c, a), DAY, 12), (ID(c, b), DAY, 1),"
    " (ID(g, ), DAY - 172800, 7), (ID(g, ), DAY, 9),"
    " (ID(h, ), DAY - 86400, '[3,1,2]'), (ID(h, ), DAY, '[30,0,1,1]');"
    "INSERT INTO history_hour VALUES"
    " (ID(c, a), DAY - 259200, '[0,0,0,0,0,10]'),"
    " (ID(c, a), DAY - 86400,"
    "  '[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,20]'),"
    " (ID(c, a), DAY, '[0,0,0,0,0,0,0,0,0,0,5,0,0,0,0,0,0,0,0,0,0,0,7]'),"
    " (ID(c, b), DAY, '[0,0,0,0,0,0,0,0,0,0,1]'),"
    " (ID(g, ), DAY - 172800, '[null,null,null,7]'),"
    " (ID(g, ), DAY, '[null,null,null,null,null,null,null,null,null,null,null,"
    "null,null,null,null,null,null,null,null,null,null,null,9]'),"
    " (ID(h, ), DAY - 86400, '[0,0,0,0,0,[3,1,2]]'),"
    " (ID(h, ), DAY, '[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
    "[30,0,1,1]]');"
    "INSERT INTO history_step VALUES (ID(c, a), DAY + 36000, 5),"
    " (ID(c, a), DAY + 79200, 3), (ID(c, a), DAY + 79500, 4),"
    " (ID(c, b), DAY + 37800, 1), (ID(g, ), DAY + 79500, 9),"
    " (ID(h, ), DAY + 79500, '[30,0,1,1]')";

static inline int query_open(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    side_open(&side, query_families);
    change(query_rows);
    query_config = (struct config){.registry = side.registry};
    return 0;
}

static inline int query_close(void **state) {
    side_close(&side);
    return scratch_clear(state);
}

/* A query, of an instant if step is 0, or a catalog. Times are seconds from
 * DAY. */
struct question {
    const char *query;
    int64_t start, end, step;
    const struct catalog_request *catalog;
    const char *metadata; /* "": all families */
    const struct string_list *families;
    bool late;         /* the time is over from the start */
    bool slow_writing; /* the time is over once the answer has begun */
};

/* A question, and its answer so far. */
struct asking {
    const struct question *question;
    const struct strbuf *out;
};

static inline bool is_late(void *context) {
    const struct asking *asking = context;
    return asking->question->late ||
           (asking->question->slow_writing && asking->out->len > 0);
}

static inline int answer_it(const struct query_source *source,
                            const struct question *ask, struct strbuf *out,
                            struct err *err) {
    if (ask->catalog)
        return catalog_answer(source, ask->catalog, out, err);
    if (ask->metadata)
        return catalog_metadata(source, *ask->metadata ? ask->metadata : NULL,
                                0, out, err);
    if (ask->step > 0)
        return answer_range(source, ask->query, strlen(ask->query),
                            (DAY + ask->start) * 1000, (DAY + ask->end) * 1000,
                            ask->step * 1000, out, err);
    return answer_instant(source, ask->query, strlen(ask->query),
                          (DAY + ask->start) * 1000, out, err);
}

/* Writes the answer with ' for ", or the error. */
static inline void ask(const struct question *question, struct strbuf *out) {
    struct err err = {.code = ERR_NONE};
    struct asking asking = {question, out};
    struct query_source source = {.config = &query_config,
                                  .families = question->families,
                                  .now_ms = (int64_t)NOW * 1000,
                                  .expired = is_late,
                                  .context = &asking};
    if (reader_open(scratch_path("t.db"), &source.reader, &err) != 0 ||
        reader_begin(source.reader, &err) != 0)
        fail_msg("%s", err.message);
    strbuf_reset(out);
    if (answer_it(&source, question, out, &err) != 0) {
        strbuf_reset(out);
        strbuf_printf(out, "%s: %s",
                      err.code == ERR_SYNTAX     ? "bad data"
                      : err.code == ERR_DEADLINE ? "timeout"
                                                 : "execution",
                      err.message);
    }
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] == '"')
            out->data[i] = '\'';
    reader_end(source.reader);
    reader_close(source.reader);
}

struct answer_case {
    const char *name;
    struct question ask;
    const char *want;
};

static inline void check_answers(const struct answer_case *cases,
                                 size_t count) {
    struct strbuf got = {0};
    for (size_t i = 0; i < count; i++) {
        ask(&cases[i].ask, &got);
        check_text(cases[i].name, got.data, cases[i].want);
    }
    strbuf_free(&got);
}

#endif
