/* connection: struct store, shared by the files of this room.
 *
 * Their functions return -1 with err set when the turn has failed: then its
 * transaction is rolled back, and its changes in memory are dropped. */
#ifndef TALLYMAN_STORE_CONNECTION_H
#define TALLYMAN_STORE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "config/history_config.h"
#include "metrics/fold.h"
#include "metrics/registry.h"
#include "sql.h"
#include "store/db.h"
#include "store/db_log.h"

/* One for each file in sql/queries/store/. */
struct statements {
#define STATEMENT(name) struct db_statement *name;
    SQL_STORE(STATEMENT)
#undef STATEMENT
};

/* The families that pushes have added, as of one generation. */
struct open_families {
    struct registry registry;
    int64_t generation; /* meta's open_generation; 0: read them again */
    size_t label_sets;  /* total entries of the families' label_sets */
    size_t taken_back;  /* refused families that still have memory in the
                           registry */
    /* In the current turn: */
    int64_t series;   /* rows of open families, including new ones */
    int64_t added;    /* of these, not yet counted in meta */
    int64_t reopened; /* of these, in families of the batch being checked */
    bool changed;     /* families were added */
};

/* The sessions of the current turn. */
struct session_turn {
    const struct session_rules *rules; /* NULL: the turn has no message */
    int64_t messages;
    int64_t begun;     /* new sessions */
    int64_t variables; /* series of variables; -1: not counted yet */
};

/* The history of the totals; see history.h. */
struct history {
    struct history_config config;
    int64_t since; /* meta's history_since at store_load; 0: no history is
                      kept */
    int64_t step;  /* start of the current turn's step, in Unix seconds */
    size_t copied; /* totals copied in the turn */
    int waiting;   /* 1: history_due had rows before the turn; -1: unknown */
    bool brought;  /* the turn adds totals of another database */
    bool due;      /* there may be rows to write */
    int64_t counted_in;    /* the step in which rows of history_due were last
                              counted */
    int64_t grown;         /* bytes by which it grew in the turn */
    int64_t grown_counted; /* of these, bytes to add to meta's
                              history_counted */
    int64_t next;          /* meta's history_next */
    int64_t kept_since[3]; /* by level: meta's history_step_since and so on */
    struct strbuf value;
    struct strbuf hours;
};

/* Identifies a file, whatever its name. */
struct file_id {
    dev_t device;
    ino_t number;
};

/* The numbers in the table meta, in the column order of meta_open.sql. */
enum meta_key {
    META_OPEN_GENERATION, /* incremented when an open family is added or
                             removed, and when series with open labels or of an
                             open family are removed */
    META_OPEN_SERIES,
    META_PUSHERS,
    META_GROUPS,
    META_KEYS /* how many there are */
};

struct store {
    struct db *db;
    struct statements sql;
    int lock;
    bool locked;     /* the side lock is held for the next commit */
    bool locked_out; /* the last turn's wait for a lock timed out */
    bool power;      /* commits are synced */
    char *path;
    char *wal;             /* path of the WAL file */
    struct file_id wal_id; /* of the WAL file that the database has open */
    long long log_max;     /* its limit in bytes; 0: none */
    struct db_log log;
    long long log_parts; /* after the last commit, see checkpoint_due */
    int wal_fd;          /* its descriptor; -1 before the first synced commit */
    struct fold fold;
    struct registry *registry;
    int64_t generation; /* at store_load */
    int64_t learned;    /* meta's open_generation when the values of open labels
                           were read; 0: read them again */
    bool values_fresh;  /* learned is still current in this turn */
    bool relearned;     /* the values were read in this turn */
    int64_t meta[META_KEYS]; /* as of the turn that uses it */
    struct open_families open;
    struct session_turn sessions;
    struct history history;
    int64_t groups_pruned_at; /* Unix seconds of the last removal of unused
                                 groups */
    struct strbuf labels;
    struct strbuf pushed_labels;
    struct strbuf buckets;
    struct strbuf notes; /* of the last commit */
};

#endif
