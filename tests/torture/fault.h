/* fault: a fault in a program under test, at a given point. LD_PRELOAD loads
 * the library. The test controls it through a file that both map
 * (FAULT_CONTROL in the environment), and reads all writes and syncs from
 * another (FAULT_TRACE). torture.py is the other side of both. */
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
    POINT_REPLY,      /* a write to a socket */
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
    FAULT_HOLD       /* the call waits until the fault is removed */
};

/* Kills the process before the call, or returns the fault for it. */
enum fault_action fault_pass(enum fault_point point);

/* Kills the process if the fault is to kill it after the call. */
void fault_passed(enum fault_action action);

/* Returns the result of a failing call: a code of SQLite or an errno. */
int fault_result(void);

/* Between these calls all syncs of this thread are SQLite's. */
void fault_sync_begin(void);
void fault_sync_end(void);

enum trace_kind {
    TRACE_WRITE = 1,
    TRACE_TRUNCATE,
    TRACE_SYNC_BEGIN, /* earlier writes will be on the disk */
    TRACE_SYNC_END,   /* they are; `offset` is that of the begin */
    TRACE_CREATE,
    TRACE_DELETE,
    TRACE_MARK /* made by the test */
};

enum trace_file { TRACE_NO_FILE, TRACE_DB, TRACE_WAL, TRACE_DIRECTORY };

/* Appends a record in one write, so the order is that of all processes. */
void trace_add(enum trace_kind kind, enum trace_file file, uint64_t offset,
               const void *data, size_t len);

#endif
