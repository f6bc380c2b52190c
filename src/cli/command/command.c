#include "cli/command/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/escape.h"
#include "config/diagnostics.h"

/* Where `make install` and the package put it. */
#ifndef TALLYMAN_SYSCONFDIR
#define TALLYMAN_SYSCONFDIR "/etc"
#endif

static void print_help(const struct command *command, FILE *out) {
    (void)fprintf(out, "Usage: tallyman %s [-c FILE]%s%s\n\n%s.\n\n%s",
                  command->name, *command->arguments ? " " : "",
                  command->arguments, command->summary, command->help);
    (void)fputs("  -c, --config FILE  the configuration; else the file that\n"
                "                     TALLYMAN_CONFIG names, else "
                "tallyman.json here,\n"
                "                     else " TALLYMAN_SYSCONFDIR
                "/tallyman/tallyman.json\n"
                "  -h, --help         print this\n",
                out);
}

int command_option(const struct command *command, int option,
                   const char **config_path) {
    if (option == 'c') {
        *config_path = optarg;
        return -1;
    }
    print_help(command, option == 'h' ? stdout : stderr);
    return option == 'h' ? COMMAND_OK : COMMAND_USAGE;
}

/* Names in a message may come from a file of somebody else. */
static void print_error(const struct command *command, const char *format,
                        va_list args) {
    struct strbuf text = {0};
    char *message = NULL;
    int len = vasprintf(&message, format, args);
    if (len >= 0)
        visible_add(&text, message, (size_t)len, true);
    (void)fprintf(stderr, "tallyman %s: %s\n", command->name,
                  text.data && !text.failed ? text.data : "out of memory");
    if (len >= 0)
        free(message);
    strbuf_free(&text);
}

int command_misused(const struct command *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_error(command, format, args);
    va_end(args);
    (void)fprintf(stderr, "See tallyman %s --help.\n", command->name);
    return COMMAND_USAGE;
}

int command_failed(const struct command *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_error(command, format, args);
    va_end(args);
    return COMMAND_FAILED;
}

const char *command_config_path(const char *path) {
    static const char here[] = "tallyman.json";
    if (!path)
        path = getenv("TALLYMAN_CONFIG");
    if (path && *path)
        return path;
    return access(here, F_OK) == 0 ? here
                                   : TALLYMAN_SYSCONFDIR
               "/tallyman/tallyman.json";
}

static void print_warnings(const struct command *command, const char *text) {
    while (text && *text) {
        int len = (int)strcspn(text, "\n");
        (void)fprintf(stderr, "tallyman %s: warning: %.*s\n", command->name,
                      len, text);
        text += len + (text[len] == '\n');
    }
}

static struct config *load_config(const struct command *command,
                                  const char *path, bool warn) {
    struct diagnostics diagnostics = {0};
    struct watch watch = {0};
    struct config *config =
        config_load(command_config_path(path), &watch, &diagnostics);
    if (!config)
        (void)fprintf(stderr, "tallyman %s: the configuration is bad\n%s",
                      command->name,
                      diagnostics.text.data ? diagnostics.text.data : "");
    if (warn)
        print_warnings(command, diagnostics.warnings.data);
    diagnostics_free(&diagnostics);
    watch_free(&watch);
    return config;
}

struct config *command_config(const struct command *command, const char *path) {
    return load_config(command, path, false);
}

struct config *command_config_check(const struct command *command,
                                    const char *path) {
    return load_config(command, path, true);
}
