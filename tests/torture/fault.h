/* fault: what is to go wrong in a program under test, and where. The library is
 * put into it with LD_PRELOAD; the test tells it what to do through a file that
 * both have mapped (the environment's FAULT_CONTROL), and is told what was
 * written and synced in another (FAULT_TRACE). torture.py is the other side of
 * both. */
#ifndef TALLYMAN_FAULT_H
#define TALLYMAN_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* In the order of POINTS in torture.py. */
enum fault_point {
    POINT_NONE,
    POINT_DB_READ,
    POINT_DB_WRITE,
    POINT_DB_SYNC,
    POINT_DB_TRUNCATE,
    POINT_DB_SIZE,
    POINT_DB_LOCK,
    POINT_WAL_OPEN,
    POINT_WAL_READ,
    POINT_WAL_WRITE,
    POINT_WAL_SYNC,
    POINT_WAL_TRUNCATE,
    POINT_WAL_SIZE,
    POINT_WAL_DELETE,
    POINT_SHM_MAP,
    POINT_SHM_LOCK,
    POINT_STORE_SYNC, /* a sync that is not SQLite's */
    POINT_REPLY,      /* something is written to a socket */
    POINT_MEMORY,     /* an allocation */
    POINT_COUNT
};

enum fault_action {
    FAULT_NONE,
    FAULT_KILL_BEFORE, /* SIGKILL, before the call does anything */
    FAULT_KILL_AFTER,
    FAULT_KILL_HALF, /* after half of a write */
    FAULT_FAIL,      /* the call does nothing and returns `result` */
    FAULT_FAIL_HALF, /* half of a write is done */
    FAULT_HOLD       /* the call waits until nothing is to go wrong any more */
};

/* Ends the process before the call, or tells what is to be done at it. */
enum fault_action fault_pass(enum fault_point point);

/* Ends the process if it is to end behind the call. */
void fault_passed(enum fault_action action);

/* What a call that fails returns: a code of SQLite or an errno. */
int fault_result(void);

/* Between the two all syncs of this thread are SQLite's. */
void fault_sync_begin(void);
void fault_sync_end(void);

enum trace_kind {
    TRACE_WRITE = 1,
    TRACE_TRUNCATE,
    TRACE_SYNC_BEGIN, /* what was written before it will be on the disk */
    TRACE_SYNC_END,   /* now it is; `offset` is the begin's */
    TRACE_CREATE,
    TRACE_DELETE,
    TRACE_MARK /* of the test */
};

enum trace_file { TRACE_NO_FILE, TRACE_DB, TRACE_WAL, TRACE_DIRECTORY };

/* Adds one record, in one write: the order is that of all processes. */
void trace_add(enum trace_kind kind, enum trace_file file, uint64_t offset,
               const void *data, size_t len);

#endif
