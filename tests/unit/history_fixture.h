/* history_fixture: rows of the history, made by SQL and shown as text. */
#ifndef TALLYMAN_TESTS_HISTORY_FIXTURE_H
#define TALLYMAN_TESTS_HISTORY_FIXTURE_H

#include "check.h"
#include "outsider.h"
#include "store/history_reader.h"
#include "store_fixture.h"

/* 2023-11-14 00:00:00 UTC, the day of NOW, and its seconds. */
enum { DAY = 1699920000, LENGTH = 86400 };

/* A change by SQL, in which `ID(c, a)` is the id of the series of the family c
 * with the label a, and `DAY` the day. */
static inline void change(const char *sql) {
    struct strbuf text = {0};
    for (; *sql; sql++) {
        if (strncmp(sql, "ID(", 3) == 0) {
            const char *label = sql + 5 + (sql[5] == ' ');
            strbuf_printf(&text,
                          "(SELECT series.id FROM series JOIN family ON "
                          "family.id = family_id WHERE name = '%c' AND "
                          "coalesce(labels ->> 'l', '') = '%.*s')",
                          sql[3], (int)strcspn(label, ")"), label);
            sql += strcspn(sql, ")");
        } else if (strncmp(sql, "DAY", 3) == 0) {
            strbuf_printf(&text, "%d", DAY);
            sql += 2;
        } else {
            strbuf_add_char(&text, *sql);
        }
    }
    outsider_run(text.data);
    strbuf_free(&text);
}

struct seen {
    const struct family *family;
    struct strbuf text;
};

static inline void add_buckets(struct strbuf *out, const double *buckets) {
    for (int i = 0; i < 3; i++)
        strbuf_printf(out, "%s%g", i > 0 ? "," : " ", buckets[i]);
}

/* Writes a line for a series, with its total, and one per period: the day
 * relative to that of NOW, and the time. */
static inline int collect(void *context, const struct history_series *series,
                          const struct history_growth *growth) {
    struct seen *seen = context;
    struct strbuf *out = &seen->text;
    const bool observes = metric_observes(seen->family->type);
    const bool buckets = metric_shape(seen->family->type) == SHAPE_BUCKETS;
    if (growth) {
        const int64_t days =
            (growth->at - DAY + 1000LL * LENGTH) / LENGTH - 1000;
        const int64_t time = growth->at - DAY - days * LENGTH;
        strbuf_printf(out, "  %lld %02d:%02d", (long long)days,
                      (int)(time / 3600), (int)(time % 3600 / 60));
    } else {
        strbuf_printf(out, "%.*s", (int)series->labels_len, series->labels);
    }
    if (observes)
        strbuf_printf(out, " %.15g/%g", growth ? growth->sum : series->sum,
                      growth ? growth->count : series->count);
    else
        strbuf_printf(out, " %.15g", growth ? growth->value : series->value);
    if (buckets)
        add_buckets(out, growth ? growth->buckets : series->buckets);
    strbuf_add_char(out, '\n');
    return 0;
}

static inline void assert_history(const struct family *family,
                                  enum history_level level, int64_t from,
                                  int64_t to, const char *want) {
    struct reader *reader;
    struct seen seen = {.family = family};
    struct err err = {.code = ERR_NONE};
    if (reader_open(scratch_path("t.db"), &reader, &err) != 0 ||
        reader_begin(reader, &err) != 0 ||
        reader_history(reader, family, level, from, to, collect, &seen, &err) !=
            0)
        fail_msg("%s", err.message);
    reader_end(reader);
    reader_close(reader);
    check_text(family->name, seen.text.data ? seen.text.data : "", want);
    strbuf_free(&seen.text);
}

static inline const struct family *family_of(struct side *side,
                                             const char *name) {
    const struct family *family =
        registry_find(&side->registry, name, strlen(name));
    assert_non_null(family);
    return family;
}

/* Checks every level from a week before NOW's day to a day after it. */
static inline void assert_levels(struct side *side, const char *name,
                                 const char *steps, const char *hours,
                                 const char *days) {
    const char *const want[HISTORY_LEVELS] = {steps, hours, days};
    const struct family *family = family_of(side, name);
    for (enum history_level level = 0; level < HISTORY_LEVELS; level++)
        assert_history(family, level, DAY - 7LL * LENGTH, DAY + 2LL * LENGTH,
                       want[level]);
}

#endif
