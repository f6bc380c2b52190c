#include "store/db_outside_temp.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

/* The default VFS, ours, and the methods of its temporary files, which are the
 * same for all of them. Set once. */
static sqlite3_vfs *usual;
static sqlite3_vfs bounded;
static sqlite3_io_methods methods;
static const sqlite3_io_methods *usual_methods;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int write_bounded(sqlite3_file *file, const void *bytes, int len,
                         sqlite3_int64 offset) {
    return offset + len > OUTSIDE_TEMP_MAX
               ? SQLITE_FULL
               : usual_methods->xWrite(file, bytes, len, offset);
}

static void bound(sqlite3_file *file) {
    (void)pthread_mutex_lock(&lock);
    if (!usual_methods) {
        usual_methods = file->pMethods;
        methods = *usual_methods;
        methods.xWrite = write_bounded;
    }
    if (file->pMethods == usual_methods)
        file->pMethods = &methods;
    (void)pthread_mutex_unlock(&lock);
}

static int open_bounded(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                        int flags, int *out_flags) {
    const int temporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB |
                          SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
    (void)vfs;
    int result = usual->xOpen(usual, name, file, flags, out_flags);
    if (result == SQLITE_OK && (flags & temporary) != 0 && file->pMethods)
        bound(file);
    return result;
}

static void add_vfs(void) {
    usual = sqlite3_vfs_find(NULL);
    if (!usual)
        return;
    bounded = *usual;
    bounded.pNext = NULL;
    bounded.zName = "tallyman-outside";
    bounded.xOpen = open_bounded;
    if (sqlite3_vfs_register(&bounded, 0) != SQLITE_OK)
        bounded.zName = NULL;
}

const char *outside_temp_vfs(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, add_vfs);
    return bounded.zName;
}
