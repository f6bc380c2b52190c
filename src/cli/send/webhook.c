#include "cli/send/webhook.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guide.h"
#include "base/utf8.h"
#include "base/version.h"
#include "cli/send/program.h"

/* curl has its own, earlier limit. */
#define MAX_TIME "30"
enum { SECONDS = 40, SHOWN_MAX = 160, SECRET_MIN = 6 };

/* curl refuses a line of more than 100 KB, in which a byte may be escaped. */
enum { LINE_BODY_MAX = 50000 };

static void write_value(const char *key, const char *text, size_t len,
                        struct strbuf *out) {
    strbuf_printf(out, "%s = \"", key);
    for (size_t i = 0; i < len; i++) {
        static const char plain[] = "\"\\\n\r\t\v";
        static const char code[] = "\"\\nrtv";
        const char *found = text[i] ? strchr(plain, text[i]) : NULL;
        if (found)
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, found ? code[found - plain] : text[i]);
    }
    strbuf_add_string(out, "\"\n");
}

void webhook_write(const char *url, const char *body, size_t len,
                   struct strbuf *out) {
    write_value("url", url, strlen(url), out);
    strbuf_add_string(out, "proto = \"=http,https\"\n"
                           "globoff\n"
                           "silent\n"
                           "show-error\n"
                           "connect-timeout = 10\n"
                           "max-time = " MAX_TIME "\n"
                           "write-out = \"\\n%{http_code}\"\n"
                           "user-agent = \"tallyman/" TALLYMAN_VERSION "\"\n"
                           "header = \"Content-Type: application/json\"\n"
                           "header = \"Expect:\"\n");
    if (body)
        write_value("data", body, len, out);
    else
        strbuf_add_string(out, "data-binary = \"@-\"\n");
}

/* --- the request ---------------------------------------------------------- */

/* The body is a part of the request, and standard input the request. */
static int post(const char *url, const char *body, size_t len,
                struct strbuf *answer, struct err *err) {
    static const char *const argv[] = {"curl", "-q", "-K", "-", NULL};
    struct strbuf request = {0};
    webhook_write(url, body, len, &request);
    int result = request.failed ? err_no_memory(err)
                                : program_run(argv, request.data, request.len,
                                              SECONDS, answer, err);
    strbuf_free(&request);
    return result;
}

/* Needs /proc, which some jails lack: only for long bodies. */
static int post_long(const char *url, const char *body, size_t len,
                     struct strbuf *answer, struct err *err) {
    static const char *const argv[] = {"curl", "-q", "-K", PROGRAM_FILE_PATH,
                                       NULL};
    struct strbuf request = {0};
    int result = -1;
    webhook_write(url, NULL, 0, &request);
    int file = request.failed ? -1 : program_file(request.data, request.len);
    if (request.failed)
        (void)err_no_memory(err);
    else if (file < 0)
        (void)err_set(err, ERR_IO, "cannot create a file for the request: %s",
                      strerror(errno));
    else
        result = program_run_with(argv, file, body, len, SECONDS, answer, err);
    if (file >= 0)
        (void)close(file);
    strbuf_free(&request);
    return result;
}

/* --- the answer ----------------------------------------------------------- */

/* Cuts the last line off text, which ends with NUL; "" without one. */
static char *take_line(char *text) {
    size_t len = strlen(text);
    while (len > 0 && strchr(" \r\n", text[len - 1]))
        text[--len] = '\0';
    char *feed = strrchr(text, '\n');
    if (!feed)
        return text;
    *feed = '\0';
    return feed + 1;
}

/* True if the line has a part of the URL after its host, or its password. These
 * may be secret, and an answer may quote them. */
static bool tells_secret(const char *url, const char *line) {
    static const char between[] = "/?&=#:@";
    const char *host = strstr(url, "://");
    const char *part = host ? host + 3 : url;
    size_t authority = strcspn(part, "/?#");
    if (!memchr(part, '@', authority))
        part += authority;
    while (*part) {
        size_t len = strcspn(part, between);
        if (len >= SECRET_MIN && memmem(line, strlen(line), part, len))
            return true;
        part += len + (part[len] != '\0');
    }
    return false;
}

/* Writes ": " and the line, unless it is markup, long, or has a secret. */
static void show(const char *url, const char *line, char *out, size_t size) {
    *out = '\0';
    if (!*line || *line == '<' || strlen(line) > SHOWN_MAX ||
        tells_secret(url, line))
        return;
    memcpy(out, ": ", 3);
    utf8_show(line, strlen(line), out + 2, size - 2);
}

/* text is the answer, with its status as the last line. */
static int judge(const char *url, char *text, struct err *err) {
    char shown[SHOWN_MAX + 3];
    const char *line = take_line(text);
    long status = strtol(line, NULL, 10);
    if (status >= 200 && status < 300)
        return 0;
    if (status >= 300 && status < 400)
        return err_set(err, ERR_VALUE,
                       "it answered %ld, a redirection, which is not followed: "
                       "use the final URL",
                       status);
    show(url, line == text ? "" : take_line(text), shown, sizeof(shown));
    return err_set(err, ERR_IO, "it answered %ld%s", status, shown);
}

/* For a failure of curl, with its message in text, if any. */
static int explain(const char *url, char *text, struct err *err) {
    char shown[SHOWN_MAX + 3];
    char *own = strstr(text, "curl: (");
    if (err->code == ERR_VALUE)
        return err_set(err, ERR_VALUE,
                       "webhooks need the program curl, which is not in PATH "
                       "or cannot be started: install it" SEE GUIDE_ALERTS);
    if (!own)
        return -1;
    own[strcspn(own, "\n")] = '\0';
    show(url, own, shown, sizeof(shown));
    return err_set(err, ERR_IO, "it could not be reached%s", shown);
}

/* The answer is read as a string, and its last line is the status. */
static void replace_nuls(struct strbuf *answer) {
    for (size_t i = 0; i < answer->len; i++)
        if (answer->data[i] == '\0')
            answer->data[i] = '?';
    strbuf_add_char(answer, '\0');
}

int webhook_send(const char *url, const char *body, size_t len,
                 struct err *err) {
    struct strbuf answer = {0};
    int result = len > LINE_BODY_MAX ? post_long(url, body, len, &answer, err)
                                     : post(url, body, len, &answer, err);
    replace_nuls(&answer);
    if (answer.failed)
        result = err_no_memory(err);
    else if (result == 0)
        result = judge(url, answer.data, err);
    else
        result = explain(url, answer.data, err);
    strbuf_free(&answer);
    return result;
}
