/* parts: what the files of the store have in common. */
#ifndef TALLYMAN_STORE_PARTS_H
#define TALLYMAN_STORE_PARTS_H

#include <sys/types.h>

#include "metrics/fold.h"
#include "sql.h"
#include "store/db.h"
#include "store/meta.h"
#include "store/store.h"

/* One for each file of sql/queries/store/. */
struct statements {
#define STATEMENT(name) struct db_statement *name;
    SQL_STORE(STATEMENT)
#undef STATEMENT
};

/* The families that pushes have added, as they were at a generation. */
struct open_families {
    struct registry registry;
    int64_t generation; /* meta's open_generation; 0: to be read anew */
    size_t label_sets;  /* how many entries the families' label_sets have */
    size_t taken_back;  /* families that still have memory in the registry */
    /* Of the turn under way: */
    int64_t series;   /* rows of open families, with those to be made */
    int64_t added;    /* of them, what meta does not know yet */
    int64_t reopened; /* of them, in families of the batch that is checked */
    bool changed;     /* families have been added */
};

/* The sessions of the turn under way. */
struct session_turn {
    const struct session_rules *rules; /* NULL without a message */
    int64_t messages;
    int64_t begun;     /* new sessions */
    int64_t variables; /* series of variables; -1: not counted yet */
};

/* Which file it is, whatever its name. */
struct file_id {
    dev_t device;
    ino_t number;
};

struct store {
    struct db *db;
    struct statements sql;
    int lock;
    bool locked;     /* the side lock is held, for the next commit */
    bool locked_out; /* somebody else had a lock all the time last time */
    bool power;      /* commits are synced */
    char *path;
    char *wal;             /* path of the WAL file */
    struct file_id wal_id; /* of the one that the database has open */
    long long log_max;     /* of its size in bytes; 0: any */
    int wal_fd;            /* of it, -1 before the first commit with power */
    struct fold fold;
    struct registry *registry;
    int64_t generation; /* as it was at store_load */
    int64_t learned;    /* meta's open_generation when the values of open labels
                           were read; 0: they are to be read anew */
    bool values_fresh;  /* that is still so in the turn under way */
    bool relearned;     /* they were read in the turn under way */
    struct meta meta;   /* as it is in a turn that uses it */
    struct open_families open;
    struct session_turn sessions;
    int64_t groups_pruned_at; /* Unix seconds: when room was last made */
    struct strbuf labels;
    struct strbuf pushed_labels;
    struct strbuf buckets;
    struct strbuf notes; /* of the last commit */
};

/* ERR_FULL when the WAL file is larger than it may be and somebody still reads
 * what is in it. The caller holds the side lock. */
int log_check(struct store *store, struct err *err);

/* Remembers which file the log is now, also for those who open the database
 * later. The caller holds the side lock. */
void log_identify(struct store *store);

/* Before the database at this path is opened: the log of another file that had
 * its name gets a name of its own, and store->notes say so. The caller holds
 * the side lock. */
void log_disown(struct store *store, const char *path);

/* The log of a database whose file is gone would be taken for that of the one
 * which has its name now, or will have it. So what it holds goes into the old
 * file, which may be elsewhere only, and the log is removed; if that is not
 * possible, it gets a name of its own, and what a message should say of it is
 * appended to left. The caller holds the side lock. */
void log_drop(struct store *store, struct strbuf *left);

/* The families are others than those at store_load: ERR_STALE. */
int store_stale(struct err *err);

/* Takes the side lock and begins a transaction. */
int store_begin(struct store *store, struct err *err);

/* Ends the transaction, well if result is 0, and releases the side lock. */
int store_end(struct store *store, int result, struct err *err);

/* Makes the values of the registry's open labels those that the database has.
 * What holds their numbers, batches and the fold, is no longer good. */
int open_labels_learn(struct store *store, struct registry *registry,
                      struct err *err);

/* Values must not come from memory once their series were removed: others may
 * have come in their place. ERR_RELEARN when series with open labels were
 * removed since the values were learned; the database is asked once in a turn.
 */
int open_labels_check(struct store *store, struct err *err);

/* The values of the sample's open labels that were not known when it was
 * parsed: admitted while there is room, `other` after that. */
int open_labels_resolve(struct store *store, struct sample *sample,
                        struct err *err);

/* Keeps the values of open labels that the turn has admitted, or forgets
 * them after a rollback. */
void open_labels_settle(struct batch *const *batches, size_t count,
                        bool committed);

/* The labels of a series as canonical JSON, valid until the next call; text is
 * NULL when memory ran out. */
struct value_text series_labels(struct store *store,
                                const struct family *family,
                                uint64_t combination);

/* The row of a series; 0 if there is none. */
int series_find(struct store *store, const struct family *family,
                const char *labels, size_t labels_len, int64_t *row,
                struct err *err);

/* Adds what is pending in the fold to the totals. */
int delta_apply_all(struct store *store, int64_t now, struct err *err);

/* What is to be taken back when a batch is refused. */
struct open_mark {
    size_t families;
    size_t claims;
    int64_t series;
    int64_t reopened;
};

/* The batch has samples of families that a push may add. */
bool open_families_in(const struct batch *batch);

/* Begins a turn; in_use: with samples of open families. */
int open_families_begin(struct store *store, bool in_use, struct err *err);

/* Checks a batch against the families that pushes have added, and adds those
 * that are new to the registry of them; *mark is what there was before. On
 * success the batch is refused, or its samples have their families. */
int open_families_admit(struct store *store, struct batch *batch,
                        struct open_mark *mark, struct err *err);

/* Takes back what open_families_admit has added. */
void open_families_take_back(struct store *store, const struct open_mark *mark);

/* Puts what open_families_admit has added into the database. */
int open_families_keep(struct store *store, const struct open_mark *mark,
                       struct err *err);

/* Tells the other responders what the turn has changed. */
int open_families_finish(struct store *store, struct err *err);

void open_families_free(struct store *store);

/* The batch has samples of cumulative families. */
bool pushers_in(const struct batch *batch);

/* Refuses a batch with running totals of more processes than there is room
 * for. */
int pushers_admit(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

/* Folds what the sample's total has grown by since its pusher's last one, which
 * it replaces. */
int pushers_fold(struct store *store, const struct sample *sample, int64_t now,
                 struct err *err);

/* Takes over what another node knows of processes that are unknown here, as
 * far as there is room: they go on from there. */
int pushers_take(struct store *store, const struct batch *batch,
                 struct err *err);

/* Refuses a batch with more groups than there is room for. */
int groups_admit(struct store *store, struct batch *batch, int64_t now,
                 struct err *err);

/* Forgets some of the groups without series that were not pushed since horizon,
 * in Unix seconds; *pruned: how many. */
int groups_prune(struct store *store, int64_t horizon, int *pruned,
                 struct err *err);

/* Gives the batch's groups their ids and writes their times. */
int groups_take(struct store *store, struct batch *batch, struct err *err);

/* The same for a batch that was refused, whose push has failed; as far as there
 * is room for its group. Adds what is to be added then to the fold. */
int groups_fail(struct store *store, struct batch *batch, struct err *err);

/* Removes the batch's group, before the turn's open_families_begin. */
int removal_apply(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

/* Merges the series and label sets of sessions that have labels which the rules
 * forbid into those without, and has other responders load their configuration
 * anew if there were any. rules may be NULL. */
int sessions_merge(struct store *store, const struct session_rules *rules,
                   struct err *err);

/* After the totals of another node were added: takes their label sets over, as
 * far as the configuration permits the labels. Fails with ERR_VALUE when a
 * family of sessions that the batch adds to has more than sessions.max_series.
 */
int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err);

/* Begins a turn. */
void sessions_begin(struct store *store, struct batch *const *batches,
                    size_t count);

/* Adds one message to its session, and what it changes to the fold. */
int sessions_apply(struct store *store, const struct session_push *push,
                   int64_t now, struct err *err);

/* In a turn with messages: closes and forgets some of the sessions that are
 * due. */
int sessions_finish(struct store *store, int64_t now, struct err *err);

/* Ends a turn: nothing of one that was rolled back stays in memory. */
void sessions_end(struct store *store, bool committed);

#endif
