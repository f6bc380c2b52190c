/* System calls that do not go through SQLite's VFS. */
#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own names of malloc, calloc and realloc. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool no_memory(void) {
    if (fault_pass(POINT_MEMORY) != FAULT_FAIL)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return no_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return no_memory() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return no_memory() ? NULL : __libc_realloc(old, size);
}

/* Prints the object files of a crash after a failed allocation, and of its
 * callers. */
static void tell_where(int number) {
    enum { HANDLER = 2, DEPTH = 5 };
    void *frames[DEPTH];
    Dl_info info;
    int depth = backtrace(frames, DEPTH);
    (void)dprintf(STDERR_FILENO, "fault: crashed in");
    for (int i = HANDLER; i < depth; i++)
        if (dladdr(frames[i], &info) != 0)
            (void)dprintf(STDERR_FILENO, " %s", info.dli_fname);
    (void)dprintf(STDERR_FILENO, "\n");
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* The first backtrace() loads a library, which allocates. */
__attribute__((constructor)) static void catch_crashes(void) {
    void *frame;
    (void)backtrace(&frame, 1);
    (void)signal(SIGSEGV, tell_where);
}

/* With FAULT_NO_THREADS no thread can be created, like at a limit. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*run)(void *), void *argument) {
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                  void *);
    if (getenv("FAULT_NO_THREADS"))
        return EAGAIN;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, run, argument);
}

static __thread bool of_sqlite;

void fault_sync_begin(void) {
    of_sqlite = true;
}

void fault_sync_end(void) {
    of_sqlite = false;
}

/* The file of a descriptor: one of the database's, or none. */
static enum trace_file file_of(int fd) {
    char link[64];
    char path[4096];
    struct stat st;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    if (len < 4 || fstat(fd, &st) != 0)
        return TRACE_NO_FILE;
    path[len] = '\0';
    if (S_ISDIR(st.st_mode))
        return TRACE_DIRECTORY;
    if (strcmp(path + len - 4, "-wal") == 0)
        return TRACE_WAL;
    return strcmp(path + len - 3, ".db") == 0 ? TRACE_DB : TRACE_NO_FILE;
}

static int traced_sync(int fd) {
    static uint64_t last;
    uint64_t number = (uint64_t)getpid() << 32 |
                      __atomic_add_fetch(&last, 1, __ATOMIC_SEQ_CST);
    enum trace_file file = file_of(fd);
    trace_add(TRACE_SYNC_BEGIN, file, number, NULL, 0);
    int result = (int)syscall(SYS_fdatasync, fd);
    if (result == 0)
        trace_add(TRACE_SYNC_END, file, number, NULL, 0);
    return result;
}

int fdatasync(int fd) {
    if (of_sqlite)
        return traced_sync(fd);
    enum fault_action action = fault_pass(POINT_STORE_SYNC);
    if (action == FAULT_FAIL) {
        errno = fault_result();
        return -1;
    }
    int result = traced_sync(fd);
    fault_passed(action);
    return result;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    struct stat st;
    enum fault_action action = FAULT_NONE;
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
        action = fault_pass(POINT_REPLY);
    ssize_t result = syscall(SYS_write, fd, bytes, len);
    fault_passed(action);
    return result;
}
