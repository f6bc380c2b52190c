/* The checks of files. */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/filesystem.h"
#include "cli/doctor/doctor.h"

/* Free space that doctor requires, in bytes. */
static const uint64_t FREE_MIN = 64 << 20;
/* Four times journal_size_limit (sql/queries/open.sql), to which SQLite
 * truncates the WAL after a long read; in bytes. */
static const off_t WAL_MAX = 64 << 20;

/* Directories that web servers publish by default. */
static const char *const usual_roots[] = {
    "/var/www",         "/srv/www",         "/srv/http", "/usr/local/www",
    "/usr/share/nginx", "/usr/share/caddy", NULL};
/* Names of such directories, anywhere in a path. */
static const char *const root_names[] = {"public_html", "htdocs", "httpdocs",
                                         "wwwroot", NULL};

struct user {
    char name[64];
};

/* Not by getpwuid: with other sources it loads shared libraries, which crashes
 * a static program. */
static struct user user_of(uid_t id) {
    struct user user;
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;
    (void)snprintf(user.name, sizeof(user.name), "%u", (unsigned)id);
    while (file && (entry = fgetpwent(file)) && entry->pw_uid != id)
        continue;
    if (entry)
        (void)snprintf(user.name, sizeof(user.name), "%s", entry->pw_name);
    if (file)
        (void)fclose(file);
    return user;
}

/* --- the directory -------------------------------------------------------- */

static bool may_write(const struct stat *directory, uid_t user) {
    if (user == 0)
        return true;
    mode_t bits = directory->st_mode &
                  (directory->st_uid == user ? S_IWUSR : S_IWGRP | S_IWOTH);
    return bits != 0;
}

static bool check_directory(struct doctor *doctor, const char *path,
                            uid_t user) {
    static const char check[] = "directory";
    struct stat directory;
    if (stat(path, &directory) != 0) {
        doctor_tell(doctor, check, path,
                    "create it for the responders' user: install -d -m 700 -o "
                    "USER",
                    "%s", strerror(errno));
        return false;
    }
    unsigned mode = (unsigned)directory.st_mode & 07777;
    if (mode & S_IWOTH)
        doctor_tell(doctor, check, path, "chmod o-w",
                    "mode %04o, every user can create files in it", mode);
    else if (!may_write(&directory, user))
        doctor_tell(doctor, check, path,
                    "give it to the owner of the database with chown",
                    "mode %04o, of %s: %s cannot write to it", mode,
                    user_of(directory.st_uid).name, user_of(user).name);
    else
        doctor_tell(doctor, check, path, NULL, "mode %04o, of %s", mode,
                    user_of(directory.st_uid).name);
    return true;
}

static void check_filesystem(struct doctor *doctor) {
    struct err err = {.message = "local"};
    const char *remedy = NULL;
    if (filesystem_check(doctor->database, &err) != 0)
        remedy = "move the file to a local disk with the responders stopped, "
                 "and change `database`";
    doctor_tell(doctor, "file system", doctor->database, remedy, "%s",
                err.message);
}

static void check_space(struct doctor *doctor, const char *path, off_t size) {
    struct statvfs disk;
    const char *remedy = NULL;
    if (statvfs(path, &disk) != 0)
        return;
    const uint64_t available = (uint64_t)disk.f_bavail * disk.f_frsize;
    const uint64_t wanted =
        (uint64_t)size > FREE_MIN ? (uint64_t)size : FREE_MIN;
    const bool no_inodes = disk.f_files > 0 && disk.f_favail == 0;
    if (available < wanted || no_inodes)
        remedy =
            "free some space: pushes are refused on a full disk, and a backup "
            "is as large as the database";
    doctor_tell(doctor, "free space", path, remedy,
                "%" PRIu64 " MiB; doctor requires %" PRIu64 " MiB%s",
                available >> 20, wanted >> 20, no_inodes ? "; no inodes" : "");
}

/* --- web roots ------------------------------------------------------------ */

/* The name of a parent directory of the resolved path that web servers usually
 * publish, or NULL. */
static const char *named_root(const char *path) {
    char copy[PATH_MAX];
    char resolved[PATH_MAX];
    (void)snprintf(copy, sizeof(copy), "%s", path);
    if (!realpath(dirname(copy), resolved))
        return NULL;
    for (size_t i = 0; root_names[i]; i++) {
        const char *found = resolved;
        size_t len = strlen(root_names[i]);
        for (; (found = strstr(found, root_names[i])); found += len)
            if (found > resolved && found[-1] == '/' &&
                (found[len] == '/' || found[len] == '\0'))
                return root_names[i];
    }
    return NULL;
}

static const char *web_root_of(const struct doctor *doctor, const char *path) {
    for (size_t i = 0; i < doctor->root_count; i++)
        if (filesystem_below(path, doctor->roots[i]))
            return doctor->roots[i];
    if (doctor->root_count > 0)
        return NULL;
    for (size_t i = 0; usual_roots[i]; i++)
        if (filesystem_below(path, usual_roots[i]))
            return usual_roots[i];
    return named_root(path);
}

static void check_web_root(struct doctor *doctor, const char *path) {
    const char *root = web_root_of(doctor, path);
    if (root)
        doctor_tell(
            doctor, "web root", path,
            "move it elsewhere; if that directory is not published, name "
            "the published ones with --document-root",
            "lies below %s: anyone may be able to download it", root);
    else
        doctor_tell(doctor, "web root", path, NULL, "not below %s",
                    doctor->root_count > 0 ? "a web root" : "a usual web root");
}

/* --- the database and its accompanying files ------------------------------ */

static void check_mode(struct doctor *doctor, const char *path,
                       const struct stat *file, uid_t owner) {
    const unsigned mode = (unsigned)file->st_mode & 07777;
    if (!S_ISREG(file->st_mode))
        doctor_tell(doctor, "file", path,
                    "set `database` to the path of a file",
                    "is not a regular file");
    else if (file->st_uid != owner)
        doctor_tell(doctor, "file", path,
                    "chown it to the owner of the database; to be safe, with "
                    "the responders stopped",
                    "belongs to %s, the database to %s",
                    user_of(file->st_uid).name, user_of(owner).name);
    else if (mode & 077)
        doctor_tell(doctor, "file", path, "chmod 600",
                    "mode %04o, others can read or write it", mode);
    else if ((mode & 0600) != 0600)
        doctor_tell(doctor, "file", path, "chmod 600",
                    "mode %04o, its owner cannot read and write it", mode);
    else
        doctor_tell(doctor, "file", path, NULL, "mode %04o, of %s", mode,
                    user_of(owner).name);
}

static void check_wal_size(struct doctor *doctor, const char *path,
                           off_t size) {
    doctor_tell(doctor, "WAL size", path,
                size > WAL_MAX
                    ? "a process has been reading for long: find an open "
                      "sqlite3 shell or a stuck program with `fuser -v` on "
                      "the file, and end it"
                    : NULL,
                "%" PRId64 " MiB", (int64_t)size >> 20);
}

static void check_beside(struct doctor *doctor, uid_t owner) {
    static const char *const endings[] = {"-wal", "-shm", "-lock", "-guesses",
                                          "-alert"};
    struct strbuf path = {0};
    struct stat file;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        strbuf_reset(&path);
        strbuf_printf(&path, "%s%s", doctor->database, endings[i]);
        if (path.failed || stat(path.data, &file) != 0)
            continue; /* responders and `tallyman alert` create them */
        check_mode(doctor, path.data, &file, owner);
        if (i == 0)
            check_wal_size(doctor, path.data, file.st_size);
    }
    strbuf_free(&path);
}

static void check_runner(struct doctor *doctor, uid_t owner) {
    if (geteuid() != 0 && geteuid() != owner)
        doctor_find(doctor, FINDING_NOTE, "user", doctor->database,
                    "run doctor as the owner",
                    "belongs to %s, doctor runs as %s: some checks may fail",
                    user_of(owner).name, user_of(geteuid()).name);
}

/* --- secrets -------------------------------------------------------------- */

static void check_secret(struct doctor *doctor, const char *path, uid_t owner) {
    struct stat file;
    if (!path || stat(path, &file) != 0)
        return; /* reported by the check of the configuration */
    const unsigned mode = (unsigned)file.st_mode & 07777;
    if (mode & (S_IROTH | S_IWOTH | S_IWGRP))
        doctor_tell(doctor, "secret", path,
                    "chmod 400, and change the secret if the machine has other "
                    "users",
                    "mode %04o, others can read or write it", mode);
    else if (owner != 0 && file.st_uid != owner && !(mode & S_IRGRP))
        doctor_tell(doctor, "secret", path,
                    "chown it to the owner of the database",
                    "mode %04o, of %s: %s cannot read it", mode,
                    user_of(file.st_uid).name, user_of(owner).name);
    else
        doctor_tell(doctor, "secret", path, NULL, "mode %04o, of %s", mode,
                    user_of(file.st_uid).name);
    check_web_root(doctor, path);
}

/* --- the dashboard -------------------------------------------------------- */

static void check_view(struct doctor *doctor) {
    const struct config *config = doctor->config;
    static const char *const open[] = {
        [VIEW_TOKEN] = "opens with a token",
        [VIEW_SERVER] = "opens to users that the web server has authenticated",
        [VIEW_PUBLIC] = "shows the families of view_families to everyone",
    };
    if (config->view != VIEW_TOKEN || config->scrape_token ||
        config->view_tokens.count > 0)
        doctor_tell(doctor, "dashboard", "view", NULL, "%s",
                    open[config->view]);
    else
        doctor_find(doctor, FINDING_NOTE, "dashboard", "view",
                    "set view_token_file, or change view",
                    "no token is configured: %s",
                    config->trust_loopback ? "it opens on this machine only"
                                           : "it does not open");
}

void doctor_check_files(struct doctor *doctor) {
    const struct config *config = doctor->config;
    char copy[PATH_MAX];
    struct stat file = {.st_uid = geteuid()};
    (void)snprintf(copy, sizeof(copy), "%s", config->database);
    const char *directory = dirname(copy);
    const bool there = stat(config->database, &file) == 0;
    const int error = errno;
    if (check_directory(doctor, directory, file.st_uid)) {
        check_filesystem(doctor);
        check_space(doctor, directory, there ? file.st_size : 0);
        check_web_root(doctor, config->database);
    }
    if (there) {
        check_runner(doctor, file.st_uid);
        check_mode(doctor, config->database, &file, file.st_uid);
        check_beside(doctor, file.st_uid);
    } else {
        doctor_tell(doctor, "file", config->database,
                    "start the responders, which create it; if they run, they "
                    "use another configuration: see --config",
                    "%s", strerror(error));
    }
    check_secret(doctor, config->scrape_token_file, file.st_uid);
    check_secret(doctor, config->view_token_file, file.st_uid);
    check_secret(doctor, config->push_token_file, file.st_uid);
    check_secret(doctor, config->sessions.hash_key_file, file.st_uid);
    check_secret(doctor, config->alerts, file.st_uid);
    check_view(doctor);
    doctor->there = there && S_ISREG(file.st_mode);
}
