/* reader: reads the totals while others add to them. */
#ifndef TALLYMAN_STORE_READER_H
#define TALLYMAN_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/push_group.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* A reader has its own read-only connection, for a thread of its own. */
struct reader;

int reader_open(const char *path, struct reader **out, struct err *err);

void reader_close(struct reader *reader);

/* Fails also when the file was deleted, moved or replaced since it was opened.
 * Between begin and end all reads see one state of the database. Keep it
 * short: the WAL file grows meanwhile. */
int reader_begin(struct reader *reader, struct err *err);
void reader_end(struct reader *reader);

/* 1 if the families are those of the registry, as store_load has left them; 0
 * if another responder has redefined one since; -1 on error. */
int reader_is_current(struct reader *reader, const struct registry *registry,
                      struct err *err);

typedef int family_visit(void *context, const struct family *family);

/* Calls visit for each family that pushes have added (open), ordered by name,
 * until it returns non-zero. Returns that, or -1 with err set. The family is
 * valid during the visit. */
int reader_open_families(struct reader *reader, family_visit *visit,
                         void *context, struct err *err);

typedef int series_visit(void *context, const struct series *series);

/* The parts of a series to read beside its labels and totals, or'ed. */
enum series_parts {
    SERIES_TOTALS = 0,
    SERIES_BIRTHS = 1,   /* created_at, which takes a third longer */
    SERIES_EXEMPLARS = 2 /* of families that keep them */
};

/* Calls visit for each series of the family, ordered by labels, until it
 * returns non-zero. Returns that, or -1 with err set. The texts of a series
 * are valid during the visit. parts: of enum series_parts. */
int reader_series(struct reader *reader, const struct family *family,
                  unsigned parts, series_visit *visit, void *context,
                  struct err *err);

/* The text of the group is valid during the visit. */
typedef int group_visit(void *context, const struct push_group *group);

/* Calls visit for each group of pushes, ordered by labels, until it returns
 * non-zero. Returns that, or -1 with err set. */
int reader_groups(struct reader *reader, group_visit *visit, void *context,
                  struct err *err);

typedef int group_series_visit(void *context, int64_t family_id,
                               const struct series *series);

/* Calls visit for each series of the group with that id, of 0 for those that
 * are in none, ordered by the names of their families and by labels, until it
 * returns non-zero. Returns that, or -1 with err set. */
int reader_group_series(struct reader *reader, int64_t group,
                        group_series_visit *visit, void *context,
                        struct err *err);

/* labels[0..len) is a label set as canonical JSON, valid during the visit;
 * count is how many sessions of it are open. */
typedef int active_visit(void *context, const char *labels, size_t len,
                         uint64_t count);

/* Calls visit for each label set of which sessions are open at now (Unix
 * seconds), ordered by labels, until it returns non-zero. Returns that, or -1
 * with err set. A session is open until its end has come, or nothing was heard
 * of it for twice its timeout, at least 120 s. */
int reader_sessions(struct reader *reader, int64_t now, active_visit *visit,
                    void *context, struct err *err);

#endif
