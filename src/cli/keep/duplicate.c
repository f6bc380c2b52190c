#include "cli/keep/duplicate.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/keep/progress.h"
#include "sql.h"

static int fail(const char *path, struct err *err) {
    return err_set(err, errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO,
                   "%s: %s", path, strerror(errno));
}

static int refuse_strange(const char *name, struct err *err) {
    return err_set(
        err, ERR_VALUE,
        "%s already exists and was not written by this command; remove it",
        name);
}

static int refuse_busy(const char *name, struct err *err) {
    return err_set(err, ERR_BUSY,
                   "%s is being written by another process; wait until it ends",
                   name);
}

static char *join(const char *path, const char *suffix) {
    char *name = NULL;
    return asprintf(&name, "%s%s", path, suffix) < 0 ? NULL : name;
}

static bool same_file(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool duplicate_is_of(const char *path, const char *database) {
    struct stat one;
    struct stat other;
    return stat(path, &one) == 0 && stat(database, &other) == 0 &&
           same_file(&one, &other);
}

/* The name still belongs to the file that we have locked: the previous holder
 * of the lock has not replaced it. */
static bool still_there(int fd, const char *name, struct stat *ours) {
    struct stat named;
    return fstat(fd, ours) == 0 && lstat(name, &named) == 0 &&
           same_file(ours, &named);
}

/* Removes the leftover of an earlier duplicate that no process is writing.
 * Refuses a file that another user owns, that has a second name, or that a
 * process is writing. */
static int remove_left(const char *name, struct err *err) {
    struct stat left;
    int result = -1;
    /* O_NONBLOCK: it may be a pipe. */
    int fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && (errno == EACCES || errno == ELOOP || errno == ENXIO))
        return refuse_strange(name, err);
    if (fd < 0)
        return fail(name, err);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !still_there(fd, name, &left))
        (void)refuse_busy(name, err);
    else if (!S_ISREG(left.st_mode) || left.st_uid != geteuid() ||
             left.st_nlink != 1)
        (void)refuse_strange(name, err);
    else
        result = unlink(name) == 0 ? 0 : fail(name, err);
    (void)close(fd);
    return result;
}

/* flock is independent of SQLite's locks on the same file. */
static int open_new(struct duplicate *duplicate, struct err *err) {
    enum { TRIES = 3 };
    const char *name = duplicate->unfinished;
    struct stat made;
    for (int i = 0; i < TRIES && duplicate->fd < 0; i++) {
        duplicate->fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (duplicate->fd < 0 && errno != EEXIST)
            return fail(name, err);
        if (duplicate->fd < 0 && remove_left(name, err) != 0)
            return -1;
    }
    if (duplicate->fd >= 0 && flock(duplicate->fd, LOCK_EX | LOCK_NB) == 0 &&
        still_there(duplicate->fd, name, &made))
        return fchmod(duplicate->fd, 0600) == 0 ? 0 : fail(name, err);
    if (duplicate->fd >= 0)
        (void)close(duplicate->fd);
    duplicate->fd = -1;
    return refuse_busy(name, err);
}

/* Fills only a file that was created here. */
static int open_db(struct duplicate *duplicate, struct err *err) {
    struct stat made;
    if (db_open(duplicate->unfinished, false, 0, &duplicate->db, err) != 0)
        return -1;
    if (still_there(duplicate->fd, duplicate->unfinished, &made))
        return db_execute(duplicate->db, sql_duplicate_open, err);
    return err_set(err, ERR_IO, "%s was replaced in the meantime",
                   duplicate->unfinished);
}

int duplicate_begin(struct duplicate *duplicate, const char *path,
                    struct err *err) {
    *duplicate = (struct duplicate){
        .path = path, .unfinished = join(path, ".tmp"), .fd = -1};
    if (!duplicate->unfinished)
        return err_no_memory(err);
    if (open_new(duplicate, err) != 0) {
        free(duplicate->unfinished);
        duplicate->unfinished = NULL;
        return -1;
    }
    if (open_db(duplicate, err) == 0)
        return 0;
    duplicate_abandon(duplicate);
    return -1;
}

static int judge(void *context, struct db_statement *row, struct err *err) {
    size_t len;
    const char *text = db_text(row, 0, &len);
    return text && strcmp(text, "ok") == 0
               ? 0
               : err_set(err, ERR_CORRUPT, "%s is damaged: %.200s",
                         (const char *)context, text ? text : "out of memory");
}

int duplicate_check(struct db *db, const char *path, struct err *err) {
    return db_query(db, sql_integrity_check, judge, (void *)path, err);
}

static int sync_directory(const char *path, struct err *err) {
    char *copy = strdup(path);
    if (!copy)
        return err_no_memory(err);
    const char *name = dirname(copy);
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd >= 0 && fsync(fd) == 0 ? 0 : fail(name, err);
    if (fd >= 0)
        (void)close(fd);
    free(copy);
    return result;
}

/* EINVAL: the file system has no RENAME_NOREPLACE. */
static int take_place(const struct duplicate *duplicate, bool replace,
                      struct err *err) {
    const char *from = duplicate->unfinished;
    const char *to = duplicate->path;
    if (!replace &&
        renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (!replace && (errno == EEXIST || access(to, F_OK) == 0))
        return err_set(err, ERR_VALUE, "%s already exists", to);
    if (!replace && errno != EINVAL)
        return fail(to, err);
    return rename(from, to) == 0 ? 0 : fail(to, err);
}

static int finish(struct duplicate *duplicate, bool replace, bool check,
                  struct err *err) {
    int result = -1;
    if (db_execute(duplicate->db, sql_duplicate_close, err) != 0 ||
        (check && duplicate_check(duplicate->db, duplicate->path, err) != 0))
        goto out;
    db_close(duplicate->db);
    duplicate->db = NULL;
    if (fsync(duplicate->fd) != 0) {
        (void)fail(duplicate->unfinished, err);
        goto out;
    }
    if (take_place(duplicate, replace, err) != 0)
        goto out;
    free(duplicate->unfinished);
    duplicate->unfinished = NULL;
    result = sync_directory(duplicate->path, err);
out:
    duplicate_abandon(duplicate);
    return result;
}

static void remove_beside(const char *path, const char *suffix) {
    char *name = join(path, suffix);
    if (name)
        (void)unlink(name);
    free(name);
}

void duplicate_abandon(struct duplicate *duplicate) {
    db_close(duplicate->db);
    duplicate->db = NULL;
    if (duplicate->unfinished) {
        remove_beside(duplicate->unfinished, "-wal");
        remove_beside(duplicate->unfinished, "-shm");
        (void)unlink(duplicate->unfinished);
    }
    free(duplicate->unfinished);
    duplicate->unfinished = NULL;
    if (duplicate->fd >= 0)
        (void)close(duplicate->fd);
    duplicate->fd = -1;
}

int duplicate_copy(struct db *from, const char *path, bool replace, bool check,
                   struct err *err) {
    struct duplicate duplicate;
    if (duplicate_begin(&duplicate, path, err) != 0)
        return -1;
    if (progress_copy(from, duplicate.db, err) == 0)
        return finish(&duplicate, replace, check, err);
    duplicate_abandon(&duplicate);
    return -1;
}
