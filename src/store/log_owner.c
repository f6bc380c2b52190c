#include "store/log_owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_TEXT_SIZE = 64 };

/* A new file may reuse the inode of an old one, but not its time of birth. */
static bool describe(const char *path, char text[FILE_TEXT_SIZE]) {
    struct statx st;
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st) != 0 ||
        !(st.stx_mask & STATX_BTIME))
        return false;
    (void)snprintf(text, FILE_TEXT_SIZE, "%llu born %lld.%09u\n",
                   (unsigned long long)st.stx_ino,
                   (long long)st.stx_btime.tv_sec,
                   (unsigned)st.stx_btime.tv_nsec);
    return true;
}

/* One line for the database and one for the log. */
struct owner {
    char database[FILE_TEXT_SIZE];
    char log[FILE_TEXT_SIZE];
};

static bool describe_both(const char *database, const char *log,
                          struct owner *owner) {
    return describe(database, owner->database) && describe(log, owner->log);
}

static void read_record(int fd, char text[2 * FILE_TEXT_SIZE]) {
    ssize_t len = pread(fd, text, 2 * FILE_TEXT_SIZE - 1, 0);
    text[len > 0 ? len : 0] = '\0';
}

bool log_owner_differs(int fd, const char *database, const char *log) {
    struct owner now;
    char text[2 * FILE_TEXT_SIZE];
    read_record(fd, text);
    const char *recorded_log = strchr(text, '\n');
    return recorded_log && describe_both(database, log, &now) &&
           strcmp(recorded_log + 1, now.log) == 0 &&
           strncmp(text, now.database, strlen(now.database)) != 0;
}

void log_owner_record(int fd, const char *database, const char *log) {
    struct owner now;
    char text[2 * FILE_TEXT_SIZE];
    char old[2 * FILE_TEXT_SIZE];
    if (!describe_both(database, log, &now))
        return;
    int len = snprintf(text, sizeof(text), "%s%s", now.database, now.log);
    read_record(fd, old);
    if (strcmp(old, text) == 0)
        return;
    /* A partial record must not remain. */
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, (size_t)len, 0);
}
