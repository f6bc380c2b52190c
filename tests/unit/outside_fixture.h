/* outside_fixture: queries of another program's database,
 * scratch_path("shop.db"). */
#ifndef TALLYMAN_TESTS_OUTSIDE_FIXTURE_H
#define TALLYMAN_TESTS_OUTSIDE_FIXTURE_H

#include <grp.h>
#include <string.h>
#include <sys/wait.h>

#include "base/number.h"
#include "outsider.h"
#include "scratch.h"
#include "store/db_outside.h"
#include "unit.h"

enum { LABEL_MAX = 20, NOBODY = 65534 };

/* A clock that advances with each reading: tests of deadlines do not depend on
 * the machine's speed. */
enum { READINGS_OF_SECOND = 100 };
static int readings;

static inline double slow_seconds(void) {
    return (double)readings++ / READINGS_OF_SECOND;
}

/* A stopped clock: no run is late. */
static inline double no_seconds(void) {
    return 0;
}

struct outside_case {
    const char *name;
    const char *sql;
    const char *labels[4]; /* sorted */
    enum metric_type type;
    const char *want; /* lines `labels value`, or the message */
};

/* Runs the query of the file and returns its result as text; the caller frees
 * it. */
static inline struct strbuf outside_run(const struct outside_case *row,
                                        const char *file, double timeout,
                                        double (*seconds)(void)) {
    struct strbuf out = {0};
    struct err err = {.code = ERR_NONE};
    struct sql_rows rows;
    const char *labels[4];
    struct family family = {.name = "q",
                            .type = row->type,
                            .internal = true,
                            .any_labels = true,
                            .queried = true};
    struct sql_query query = {.family = &family,
                              .sql = row->sql,
                              .database = file,
                              .labels = labels,
                              .every = 60,
                              .timeout = timeout};
    while (query.label_count < 4 && row->labels[query.label_count]) {
        labels[query.label_count] = row->labels[query.label_count];
        query.label_count++;
    }
    readings = 0;
    int result =
        db_outside_run(&query, "none.db", LABEL_MAX, seconds, &rows, &err);
    assert_true(result == 0 || rows.count == 0);
    assert_int_equal(result == 0, err.code == ERR_NONE);
    if (result != 0)
        strbuf_add_string(&out, err.message);
    for (size_t i = 0; i < rows.count; i++) {
        char number[NUMBER_SIZE];
        assert_int_equal(strlen(rows.rows[i].labels), rows.rows[i].labels_len);
        (void)number_format(rows.rows[i].value, number);
        strbuf_printf(&out, "%s %s\n", rows.rows[i].labels, number);
    }
    arena_free(&rows.arena);
    if (!out.data)
        strbuf_add_string(&out, "");
    return out;
}

/* Like the previous one, for a statement of a gauge without labels. */
static inline struct strbuf outside_ask(const char *sql, const char *file) {
    const struct outside_case row = {.sql = sql, .type = METRIC_GAUGE};
    return outside_run(&row, file, 1, no_seconds);
}

/* Compares with the message or the row; % in want is the file. */
static inline void outside_expect(struct strbuf got, const char *file,
                                  const char *want) {
    struct strbuf wanted = {0};
    for (; *want; want++) {
        if (*want == '%')
            strbuf_add_string(&wanted, file);
        else
            strbuf_add_char(&wanted, *want);
    }
    assert_string_equal(got.data ? got.data : "", wanted.data);
    strbuf_free(&wanted);
    strbuf_free(&got);
}

/* Like outside_ask, as a user without permissions. */
static inline struct strbuf outside_ask_as_nobody(const char *sql,
                                                  const char *file) {
    struct strbuf out = {0};
    int ends[2];
    char text[1024];
    ssize_t len;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct strbuf got = {0};
        if (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 &&
            setuid(NOBODY) == 0)
            got = outside_ask(sql, file);
        _exit(got.len > 0 && write(ends[1], got.data, got.len) > 0 ? 0 : 1);
    }
    close(ends[1]);
    while ((len = read(ends[0], text, sizeof(text))) > 0)
        strbuf_add(&out, text, (size_t)len);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return out;
}

/* A shop with orders in the state new or sent, in a journal mode. */
static inline sqlite3 *shop_open(const char *journal) {
    sqlite3 *handle;
    char sql[400];
    assert_int_equal(sqlite3_open(scratch_path("shop.db"), &handle), SQLITE_OK);
    (void)snprintf(sql, sizeof(sql),
                   "PRAGMA journal_mode = %s;"
                   "CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);"
                   "INSERT INTO orders (state) VALUES ('new'), ('new'), "
                   "('sent');",
                   journal);
    outsider_execute(handle, sql);
    return handle;
}

#endif
