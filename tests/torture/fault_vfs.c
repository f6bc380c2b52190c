/* An SQLite VFS around the default one, registered as the default: each
 * relevant call passes a point where it can fail or end the process. */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* in the memory after this struct */
    enum trace_file kind;
};

static sqlite3_vfs *real_vfs;

static struct fault_file *own(sqlite3_file *file) {
    return (struct fault_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return own(file)->real;
}

static enum fault_action pass(sqlite3_file *file, enum fault_point db,
                              enum fault_point wal) {
    switch (own(file)->kind) {
    case TRACE_DB:
        return fault_pass(db);
    case TRACE_WAL:
        return fault_pass(wal);
    case TRACE_NO_FILE:
    case TRACE_DIRECTORY:
        break;
    }
    return FAULT_NONE;
}

static int file_close(sqlite3_file *file) {
    int result = real_of(file)->pMethods
                     ? real_of(file)->pMethods->xClose(real_of(file))
                     : SQLITE_OK;
    file->pMethods = NULL;
    return result;
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at) {
    enum fault_action action = pass(file, POINT_DB_READ, POINT_WAL_READ);
    if (action == FAULT_FAIL)
        return fault_result();
    int result = real_of(file)->pMethods->xRead(real_of(file), out, len, at);
    fault_passed(action);
    return result;
}

static int file_write(sqlite3_file *file, const void *bytes, int len,
                      sqlite3_int64 at) {
    enum fault_action action = pass(file, POINT_DB_WRITE, POINT_WAL_WRITE);
    if (action == FAULT_FAIL)
        return fault_result();
    if (action == FAULT_FAIL_HALF || action == FAULT_KILL_HALF)
        len /= 2;
    int result = real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
    if (result == SQLITE_OK)
        trace_add(TRACE_WRITE, own(file)->kind, (uint64_t)at, bytes,
                  (size_t)len);
    fault_passed(action);
    return action == FAULT_FAIL_HALF ? fault_result() : result;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    enum fault_action action =
        pass(file, POINT_DB_TRUNCATE, POINT_WAL_TRUNCATE);
    if (action == FAULT_FAIL)
        return fault_result();
    int result = real_of(file)->pMethods->xTruncate(real_of(file), size);
    if (result == SQLITE_OK)
        trace_add(TRACE_TRUNCATE, own(file)->kind, (uint64_t)size, NULL, 0);
    fault_passed(action);
    return result;
}

static int file_sync(sqlite3_file *file, int flags) {
    enum fault_action action = pass(file, POINT_DB_SYNC, POINT_WAL_SYNC);
    if (action == FAULT_FAIL)
        return fault_result();
    fault_sync_begin();
    int result = real_of(file)->pMethods->xSync(real_of(file), flags);
    fault_sync_end();
    fault_passed(action);
    return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    enum fault_action action = pass(file, POINT_DB_SIZE, POINT_WAL_SIZE);
    if (action == FAULT_FAIL)
        return fault_result();
    int result = real_of(file)->pMethods->xFileSize(real_of(file), size);
    fault_passed(action);
    return result;
}

static int file_lock(sqlite3_file *file, int level) {
    enum fault_action action = pass(file, POINT_DB_LOCK, POINT_NONE);
    if (action == FAULT_FAIL)
        return fault_result();
    int result = real_of(file)->pMethods->xLock(real_of(file), level);
    fault_passed(action);
    return result;
}

static int file_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_is_reserved(sqlite3_file *file, int *out) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation,
                                                 argument);
}

static int file_sector_size(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **out) {
    enum fault_action action = fault_pass(POINT_SHM_MAP);
    if (action == FAULT_FAIL) {
        *out = NULL;
        return fault_result();
    }
    int result = real_of(file)->pMethods->xShmMap(real_of(file), region, size,
                                                  extend, out);
    fault_passed(action);
    return result;
}

/* Unlocking never fails: SQLite relies on it. */
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    enum fault_action action = fault_pass(POINT_SHM_LOCK);
    if (action == FAULT_FAIL && (flags & SQLITE_SHM_LOCK))
        return fault_result();
    int result =
        real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
    fault_passed(action);
    return result;
}

static void file_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static enum trace_file kind_of(int flags) {
    return flags & SQLITE_OPEN_MAIN_DB ? TRACE_DB
           : flags & SQLITE_OPEN_WAL   ? TRACE_WAL
                                       : TRACE_NO_FILE;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                    int flags, int *out_flags) {
    struct fault_file *fault = own(file);
    int there = 0;
    (void)vfs;
    *fault = (struct fault_file){.real = (sqlite3_file *)(fault + 1),
                                 .kind = kind_of(flags)};
    fault->real->pMethods = NULL;
    enum fault_action action = pass(file, POINT_NONE, POINT_WAL_OPEN);
    if (action == FAULT_FAIL)
        return fault_result();
    if (name)
        (void)real_vfs->xAccess(real_vfs, name, SQLITE_ACCESS_EXISTS, &there);
    int result = real_vfs->xOpen(real_vfs, name, fault->real, flags, out_flags);
    if (fault->real->pMethods)
        fault->base.pMethods = &methods;
    if (result == SQLITE_OK && !there)
        trace_add(TRACE_CREATE, fault->kind, 0, NULL, 0);
    fault_passed(action);
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    size_t len = strlen(name);
    bool wal = len > 4 && strcmp(name + len - 4, "-wal") == 0;
    enum fault_action action = wal ? fault_pass(POINT_WAL_DELETE) : FAULT_NONE;
    (void)vfs;
    if (action == FAULT_FAIL)
        return fault_result();
    fault_sync_begin();
    int result = real_vfs->xDelete(real_vfs, name, sync);
    fault_sync_end();
    if (result == SQLITE_OK && wal)
        trace_add(TRACE_DELETE, TRACE_WAL, 0, NULL, 0);
    fault_passed(action);
    return result;
}

/* Replaces SQLite's function: after a commit the responder gets the log size
 * times FAULT_LOG_TIMES, so that checkpoints happen soon. */
static int (*told)(void *, sqlite3 *, const char *, int);

static int tell_more(void *context, sqlite3 *handle, const char *name,
                     int pages) {
    return told(context, handle, name, pages * atoi(getenv("FAULT_LOG_TIMES")));
}

void *sqlite3_wal_hook(sqlite3 *handle,
                       int (*hook)(void *, sqlite3 *, const char *, int),
                       void *context) {
    enum { PAGES_MAX = 4096 };
    void *(*set)(sqlite3 *, int (*)(void *, sqlite3 *, const char *, int),
                 void *);
    *(void **)&set = dlsym(RTLD_NEXT, "sqlite3_wal_hook");
    /* SQLite itself passes a number of pages as context. */
    if (!getenv("FAULT_LOG_TIMES") || (uintptr_t)context < PAGES_MAX)
        return set(handle, hook, context);
    told = hook;
    return set(handle, tell_more, context);
}

__attribute__((constructor)) static void register_vfs(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    if (!real_vfs)
        _exit(127);  /* no memory: the dynamic linker exits with this, too */
    vfs = *real_vfs; /* methods without a wrapper need only the VFS itself */
    vfs.zName = "fault";
    vfs.szOsFile += (int)sizeof(struct fault_file);
    vfs.pNext = NULL;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        _exit(127);
}
