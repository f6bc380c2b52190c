/* reader: reads the totals while responders add to them. */
#ifndef TALLYMAN_STORE_READER_H
#define TALLYMAN_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/push_group.h"
#include "metrics/registry.h"
#include "metrics/series.h"

struct db;

/* Has its own read-only connection, so that it can run in its own thread. */
struct reader;

int reader_open(const char *path, struct reader **out, struct err *err);

/* Reads on an open connection, which must stay open, and in a transaction,
 * until reader_close. reader_begin and reader_end are not called. */
int reader_share(struct db *db, struct reader **out, struct err *err);

void reader_close(struct reader *reader);

/* Until the next call, reads end with an error soon after expired returns true;
 * it is called regularly meanwhile. NULL: no limit. */
void reader_limit(struct reader *reader, bool (*expired)(void *context),
                  void *context);

/* Also fails when the file was deleted, moved or replaced since it was opened.
 * All reads up to reader_end see one snapshot. Keep it short: the WAL file
 * grows meanwhile. */
int reader_begin(struct reader *reader, struct err *err);
void reader_end(struct reader *reader);

/* 1 if the stored families are those of the registry, as store_load left them;
 * 0 if another responder has redefined a family since; -1 on error. */
int reader_is_current(struct reader *reader, const struct registry *registry,
                      struct err *err);

/* Replaces store_load in a program that only reads: sets the id of each family
 * of the registry, 0 when the database lacks it or has another type or other
 * bounds, and adds the families that the responders count themselves. Called
 * between reader_begin and reader_end. */
int reader_find_families(struct reader *reader, struct registry *registry,
                         struct err *err);

typedef int family_visit(void *context, const struct family *family);

/* Calls visit for each open family, ordered by name, until it returns non-zero.
 * Returns that value, or -1 with err set. The family is valid during the
 * visit. */
int reader_open_families(struct reader *reader, family_visit *visit,
                         void *context, struct err *err);

typedef int series_visit(void *context, const struct series *series);

/* Optional parts of a series to read, combined with |. */
enum series_parts {
    SERIES_TOTALS = 0,
    SERIES_BIRTHS = 1,   /* created_at; takes a third longer */
    SERIES_EXEMPLARS = 2 /* if the family keeps them */
};

/* Calls visit for each series of the family, ordered by labels, until it
 * returns non-zero. Returns that value, or -1 with err set. The texts of a
 * series are valid during the visit. parts: of enum series_parts. */
int reader_series(struct reader *reader, const struct family *family,
                  unsigned parts, series_visit *visit, void *context,
                  struct err *err);

/* The text of the group is valid during the visit. */
typedef int group_visit(void *context, const struct push_group *group);

/* Calls visit for each group of pushes, ordered by labels, until it returns
 * non-zero. Returns that value, or -1 with err set. */
int reader_groups(struct reader *reader, group_visit *visit, void *context,
                  struct err *err);

typedef int group_series_visit(void *context, int64_t family_id,
                               const struct series *series);

/* Calls visit for each series of the group with that id, or for those without a
 * group if it is 0, ordered by family name and labels, until it returns
 * non-zero. Returns that value, or -1 with err set. */
int reader_group_series(struct reader *reader, int64_t group,
                        group_series_visit *visit, void *context,
                        struct err *err);

/* labels[0..len) is a label set as canonical JSON, valid during the visit;
 * count is the number of its open sessions. */
typedef int active_visit(void *context, const char *labels, size_t len,
                         uint64_t count);

/* Calls visit for each label set with sessions open at now (Unix seconds),
 * ordered by labels, until it returns non-zero. Returns that value, or -1 with
 * err set. A session is open until its end arrives, or until no message arrives
 * for twice its timeout, at least 120 s. */
int reader_sessions(struct reader *reader, int64_t now, active_visit *visit,
                    void *context, struct err *err);

#endif
