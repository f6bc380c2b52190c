/* tallyman.fcgi: the responder, as FastCGI or plain CGI. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/siphash.h"
#include "base/version.h"
#include "http/log.h"
#include "process/cgi.h"
#include "process/responder.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: tallyman.fcgi [-t] [-c FILE]\n"
    "\n"
    "Counts metrics that browsers and programs push, and exposes the totals\n"
    "to Prometheus. A web server starts it: as a FastCGI responder with the\n"
    "listening socket on descriptor 0, or as a CGI program, which ignores\n"
    "the command line.\n"
    "\n"
    "  -c, --config FILE  the configuration; else the file that\n"
    "                     TALLYMAN_CONFIG names, else tallyman.json in the\n"
    "                     directory of the program\n"
    "  -t, --test         check the configuration and its allowlist files,\n"
    "                     print every error and warning, exit with 0 or 1\n"
    "  -h, --help         print this\n"
    "  -V, --version      print the version\n"
    "\n"
    "See tallyman.fcgi(8).\n";

/* tallyman.json in the directory of the executable. */
static const char *default_config(char out[PATH_MAX]) {
    static const char name[] = "tallyman.json";
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof(name));
    out[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(out, '/');
    memcpy(slash ? slash + 1 : out, name, sizeof(name));
    return out;
}

/* Whether a web server started this process for one request. Then the client
 * controls the command line: it is the query string if that has no = (RFC 3875,
 * section 4.4). */
static bool is_cgi(void) {
    return getenv("GATEWAY_INTERFACE") || getenv("REQUEST_METHOD");
}

static bool is_listening(int fd) {
    int value = 0;
    socklen_t size = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 &&
           value != 0;
}

static int serve(const char *config_path) {
    struct service service;
    if (!is_listening(STDIN_FILENO)) {
        if (is_cgi())
            return cgi_run(config_path, environ);
        (void)fprintf(stderr,
                      "tallyman.fcgi: descriptor 0 is not a listening socket "
                      "and this is not a CGI request: a web server must start "
                      "this program, see --help\n");
        return EXIT_USAGE;
    }
    /* The next turn reuses the memory of this turn instead of returning it to
     * the system. Two arenas are enough for loop and scrapes. */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
    (void)mallopt(M_TOP_PAD, 1 << 18);
    (void)mallopt(M_ARENA_MAX, 2);
    /* The body of a large scrape grows by mremap, without copying. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 18);
    int status = service_open(&service, config_path);
    if (status == 0)
        status = responder_run(&service, STDIN_FILENO);
    else
        status = 1;
    service_close(&service);
    return status;
}

/* The command line's options; config is unchanged without -c. */
struct arguments {
    const char *config;
    bool test;
};

/* Returns -1, or the status to exit with at once. */
static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"test", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 't':
            arguments->test = true;
            break;
        case 'h':
            return fputs(usage, stdout) < 0;
        case 'V':
            return puts("tallyman.fcgi " TALLYMAN_VERSION) < 0;
        default:
            (void)fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    (void)fprintf(stderr, "tallyman.fcgi: unexpected argument %s\n%s",
                  argv[optind], usage);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    char beside[PATH_MAX];
    unsigned char key[SIPHASH_KEY_SIZE];
    struct arguments arguments = {getenv("TALLYMAN_CONFIG"), false};
    int status = is_cgi() ? -1 : read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    if (!arguments.config || !*arguments.config)
        arguments.config = default_config(beside);
    if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
        log_error("cannot get random numbers: %s", strerror(errno));
        return 1;
    }
    siphash_set_key(key);
    if (!arguments.test)
        return serve(arguments.config);
    if (service_check(arguments.config) != 0)
        return 1;
    (void)printf("%s: ok\n", arguments.config);
    return 0;
}
