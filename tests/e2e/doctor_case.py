"""Base of the tests of `tallyman doctor`: a set-up, and a file system with given properties."""

import json
import os
import pathlib
import pwd
import subprocess

from command_case import PLAIN, CommandCase

RUNNER = pwd.getpwuid(os.geteuid()).pw_name
# Overrides libc: file owner, user, NTP and file system as set in the environment.
SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>
int stat(const char *path, struct stat *out) {
    int (*real)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
    int result = real(path, out);
    const char *of = getenv("SHIM_STRANGER");
    if (of && strlen(path) >= strlen(of)
        && strcmp(path + strlen(path) - strlen(of), of) == 0)
        out->st_uid = 54321;
    return result;
}
uid_t geteuid(void) {
    return getenv("SHIM_USER") ? 54322 : getuid();
}
int adjtimex(struct timex *state) {
    state->status = getenv("SHIM_NTP") ? 0 : STA_UNSYNC;
    return getenv("SHIM_NTP") ? TIME_OK : TIME_ERROR;
}
int statfs(const char *path, struct statfs *out) {
    int (*real)(const char *, struct statfs *) = dlsym(RTLD_NEXT, "statfs");
    int result = real(path, out);
    if (getenv("SHIM_TYPE"))
        out->f_type = strtol(getenv("SHIM_TYPE"), NULL, 16);
    return result;
}
int statvfs(const char *path, struct statvfs *out) {
    int (*real)(const char *, struct statvfs *) = dlsym(RTLD_NEXT, "statvfs");
    int result = real(path, out);
    if (getenv("SHIM_MIB"))
        out->f_bavail = strtoul(getenv("SHIM_MIB"), NULL, 10)
                        * (1048576 / out->f_frsize);
    if (getenv("SHIM_NO_INODES"))
        out->f_favail = 0;
    return result;
}
"""


class DoctorCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.request("GET", "/-/ready")[0], 200)

    def findings(self, *arguments, status=0, **options):
        done = self.run_command("doctor", "--json", *arguments, **options)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, status, done.stdout)
        return json.loads(done.stdout)

    def wrong(self, *arguments, **options):
        found = self.findings(*arguments, status=1, **options)
        return [one for one in found if one["status"] == "wrong"]

    def assertWrong(self, check, where, what, do, *arguments, **options):
        """Only this finding is wrong; `what` and `do` are parts of its text."""
        found = self.wrong(*arguments, **options)
        self.assertEqual(len(found), 1, found)
        self.assertEqual((found[0]["check"], found[0]["where"]), (check, str(where)))
        self.assertIn(what, found[0]["what"])
        self.assertIn(do, found[0]["do"])

    def shim(self, **environment):
        library = self.dir / "shim.so"
        source = self.dir / "shim.c"
        source.write_text(SHIM)
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True
        )
        return {**PLAIN, "LD_PRELOAD": str(library), **environment}

    def beside(self, ending):
        return pathlib.Path(f"{self.database}{ending}")
