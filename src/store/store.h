/* store: the totals in the database, shared by all responders. */
#ifndef TALLYMAN_STORE_STORE_H
#define TALLYMAN_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "metrics/batch.h"
#include "metrics/push_group.h"
#include "metrics/registry.h"
#include "metrics/series.h"

struct store;

/* Opens or creates the database (mode 0600) and brings its schema up to date.
 * power: a commit is on the disk before store_commit returns, and all that is
 * there already before this returns. Refuses a network
 * file system, a file of another program and one of a newer version with
 * ERR_VALUE. The caller gives *out to store_close. */
int store_open(const char *path, bool power, struct store **out,
               struct err *err);

void store_close(struct store *store);

/* Makes the registry the one whose samples are committed: records its
 * families, gives each its id, adds a row at zero for every permitted
 * combination of closed families, and learns the values of open labels: batches
 * that were checked against the registry before want batch_unresolve first. A
 * family whose type or bounds have changed starts again at zero; notes gets a
 * line about each. The registry must live until the next load or close. now is
 * in Unix seconds. On error nothing has changed in the database. */
int store_load(struct store *store, struct registry *registry, int64_t now,
               struct strbuf *notes, struct err *err);

/* While the WAL file is larger, since somebody else reads the database for
 * long, nothing is committed: ERR_FULL. 0, as at first: it may have any size.
 */
void store_limit_log(struct store *store, long long bytes);

/* The time that commits need to know. */
struct store_clock {
    int64_t now;                                /* Unix seconds */
    unsigned char batch_horizon[BATCH_ID_SIZE]; /* batch ids below it go */
};

/* -1 when the file of the database was deleted, moved or replaced by another:
 * nothing is committed or should be read any more; the store should be closed
 * and opened again. What was committed is in the old file, wherever that is.
 * -1, too, with ERR_STALE, as store_commit. */
int store_check(struct store *store, struct err *err);

/* Takes the lock between responders for the next store_commit, if nobody else
 * has it. */
bool store_try_lock(struct store *store);

/* Takes it, and waits for it as long as a commit would: nobody else writes
 * until the next store_commit or store_close. */
int store_lock(struct store *store, struct err *err);

/* 1 if what has that key in the table `origin` was added, with when that was in
 * *added_at, 0 for this database itself; 0 if not; -1 on error. */
int store_find_origin(struct store *store, const char *key, int64_t *added_at,
                      struct err *err);

/* Adds the batches of one turn to the totals in one transaction; marks those
 * whose id was counted before as repeated and those that do not fit what is
 * stored as refused, and leaves both out. When the turn fails for a reason that
 * can be one of its batches, each is tried by itself, and those that fail are
 * refused alone, with REJECT_NOT_STORED. touch: write
 * something even if there is nothing to add. On error nothing is applied:
 * ERR_STALE asks for the configuration to be loaded anew, as another responder
 * has redefined a family; after any other code but ERR_BUSY and ERR_FULL the
 * store should be closed and opened again. Only a failed sync, with power,
 * comes after the totals have changed: ERR_UNSYNCED. The store that is opened
 * next brings what was not synced into the file, or fails. */
int store_commit(struct store *store, struct batch *const *batches,
                 size_t count, bool touch, const struct store_clock *clock,
                 struct err *err);

/* What the last store_commit has found and mended, a line about each; "" if
 * nothing. Valid until the next. */
const char *store_notes(const struct store *store);

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

/* Calls visit for each series of the family, ordered by labels, until it
 * returns non-zero. Returns that, or -1 with err set. The texts of a series
 * are valid during the visit. */
int reader_series(struct reader *reader, const struct family *family,
                  series_visit *visit, void *context, struct err *err);

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
