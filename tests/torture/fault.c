#include "fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The layout of CONTROL in torture.py. */
struct control {
    uint32_t point; /* 0: no fault */
    uint32_t action;
    int32_t countdown; /* 1: at the next call */
    int32_t result;
    uint32_t lasting; /* at all later calls, too */
    uint32_t hits;
    uint32_t counts[POINT_COUNT];
};

static struct control *control;
static int trace_fd = -1;

static void map_control(const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        abort();
    void *map =
        mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map == MAP_FAILED)
        abort();
    control = map;
}

__attribute__((constructor)) static void open_files(void) {
    const char *control_path = getenv("FAULT_CONTROL");
    const char *trace_path = getenv("FAULT_TRACE");
    if (control_path)
        map_control(control_path);
    if (trace_path &&
        (trace_fd = open(trace_path, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
        abort();
}

static void end_process(void) {
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

static void wait_for_end(const struct control *c, enum fault_point point) {
    const struct timespec pause = {0, 1000000};
    while (__atomic_load_n(&c->point, __ATOMIC_ACQUIRE) == point)
        (void)nanosleep(&pause, NULL);
}

enum fault_action fault_pass(enum fault_point point) {
    struct control *c = control;
    if (!c || point == POINT_NONE)
        return FAULT_NONE;
    (void)__atomic_add_fetch(&c->counts[point], 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&c->point, __ATOMIC_ACQUIRE) != point)
        return FAULT_NONE;
    int left = __atomic_sub_fetch(&c->countdown, 1, __ATOMIC_SEQ_CST);
    if (left > 0 || (left < 0 && !c->lasting))
        return FAULT_NONE;
    (void)__atomic_add_fetch(&c->hits, 1, __ATOMIC_SEQ_CST);
    if (c->action == FAULT_KILL_BEFORE)
        end_process();
    if (c->action != FAULT_HOLD)
        return (enum fault_action)c->action;
    wait_for_end(c, point);
    return FAULT_NONE;
}

void fault_passed(enum fault_action action) {
    if (action == FAULT_KILL_AFTER || action == FAULT_KILL_HALF)
        end_process();
}

int fault_result(void) {
    return control->result;
}

struct record {
    uint32_t kind;
    uint32_t file;
    uint64_t offset;
    uint64_t len;
};

void trace_add(enum trace_kind kind, enum trace_file file, uint64_t offset,
               const void *data, size_t len) {
    struct record record = {kind, file, offset, len};
    size_t size = data ? len : 0;
    struct iovec parts[] = {{&record, sizeof(record)}, {(void *)data, size}};
    if (trace_fd >= 0 && file != TRACE_NO_FILE &&
        writev(trace_fd, parts, 2) != (ssize_t)(sizeof(record) + size))
        abort();
}
