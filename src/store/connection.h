/* connection: what the files of the store share, a struct store.
 *
 * Their functions return -1 with err set when the turn has failed: its
 * transaction is rolled back then, and what it has left here is forgotten. */
#ifndef TALLYMAN_STORE_CONNECTION_H
#define TALLYMAN_STORE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "metrics/fold.h"
#include "metrics/registry.h"
#include "sql.h"
#include "store/db.h"
#include "store/db_log.h"

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

/* The numbers of the table meta, in the order of the columns of meta_open.sql.
 */
enum meta_key {
    META_OPEN_GENERATION, /* grows when an open family comes or goes, and when
                             series go that have open labels or belong to an
                             open family */
    META_OPEN_SERIES,
    META_PUSHERS,
    META_GROUPS,
    META_KEYS /* how many there are */
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
    struct db_log log;
    long long log_parts; /* see checkpoint_due: after the last commit */
    int wal_fd;          /* of it, -1 before the first commit with power */
    struct fold fold;
    struct registry *registry;
    int64_t generation; /* as it was at store_load */
    int64_t learned;    /* meta's open_generation when the values of open labels
                           were read; 0: they are to be read anew */
    bool values_fresh;  /* that is still so in the turn under way */
    bool relearned;     /* they were read in the turn under way */
    int64_t meta[META_KEYS]; /* as it is in a turn that uses it */
    struct open_families open;
    struct session_turn sessions;
    int64_t groups_pruned_at; /* Unix seconds: when room was last made */
    struct strbuf labels;
    struct strbuf pushed_labels;
    struct strbuf buckets;
    struct strbuf notes; /* of the last commit */
};

#endif
