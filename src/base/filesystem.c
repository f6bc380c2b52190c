#include "base/filesystem.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

const char *filesystem_network_name(long type) {
    /* Constants that linux/magic.h lacks are from statfs(2). */
    static const struct {
        long type;
        const char *name;
    } networks[] = {
        {NFS_SUPER_MAGIC, "NFS"},   {SMB_SUPER_MAGIC, "SMB"},
        {0xFF534D42, "CIFS"},       {(long)0xFE534D42, "SMB2"},
        {AFS_SUPER_MAGIC, "AFS"},   {CODA_SUPER_MAGIC, "Coda"},
        {NCP_SUPER_MAGIC, "NCP"},   {V9FS_MAGIC, "9P"},
        {CEPH_SUPER_MAGIC, "Ceph"}, {OCFS2_SUPER_MAGIC, "OCFS2"},
        {0x01161970, "GFS2"},       {0x0BD00BD0, "Lustre"},
    };
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
        if ((unsigned int)networks[i].type == (unsigned int)type)
            return networks[i].name;
    return NULL;
}

/* The directory part of path, with its slash. */
static void name_directory(const char *path, char out[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) + 1 : 1;
    (void)snprintf(out, PATH_MAX, "%.*s", len, slash ? path : ".");
}

/* Sets errno on failure. */
static bool resolve_directory(const char *path, char out[PATH_MAX]) {
    char directory[PATH_MAX];
    name_directory(path, directory);
    return realpath(directory, out) != NULL;
}

/* errno has the reason why the directory cannot be resolved. */
static int refuse_directory(const char *path, struct err *err) {
    char directory[PATH_MAX];
    int reason = errno;
    name_directory(path, directory);
    if (reason == ENOTDIR)
        return err_set(err, ERR_IO, "database %s: %s is not a directory", path,
                       directory);
    if (reason != ENOENT)
        return 0; /* the caller's open reports the error */
    return err_set(err, ERR_IO,
                   "database %s: its directory is missing; make it, for the "
                   "user of the responders: install -d -m 700 -o USER %s",
                   path, directory);
}

int filesystem_check(const char *path, struct err *err) {
    char directory[PATH_MAX];
    struct statfs info;
    if (!resolve_directory(path, directory))
        return refuse_directory(path, err);
    if (statfs(directory, &info) != 0)
        return 0;
    const char *name = filesystem_network_name((long)info.f_type);
    if (!name)
        return 0;
    return err_set(err, ERR_VALUE,
                   "database %s is on %s, where several responders cannot "
                   "share it; set `database` to a path on a local disk, such "
                   "as /var/lib/tallyman/tallyman.db",
                   path, name);
}

bool filesystem_below(const char *path, const char *directory) {
    char parent[PATH_MAX];
    char root[PATH_MAX];
    if (!resolve_directory(path, parent) || !realpath(directory, root))
        return false;
    size_t len = strlen(root);
    if (len == 1)
        return false; /* every path is below /, so / does not count */
    return strncmp(parent, root, len) == 0 &&
           (parent[len] == '\0' || parent[len] == '/');
}
