/* In place of probe_url.c in the static command: libcurl cannot be linked into
 * it, since some libraries that libcurl needs exist only as shared
 * libraries. */
#include "cli/doctor/probe.h"

int probe_url(const char *url, const char *path,
              const struct probe_trust *trust, struct probe_reply *reply,
              struct err *err) {
    (void)trust;
    (void)reply;
    return err_set(err, ERR_IO,
                   "this is the static command, which cannot ask web servers; "
                   "curl can: curl -i %s%s",
                   url, path);
}
