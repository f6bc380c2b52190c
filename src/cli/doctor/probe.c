#include "cli/doctor/probe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Constants of FastCGI 1.0. */
enum {
    FCGI_VERSION = 1,
    FCGI_BEGIN = 1,
    FCGI_END = 3,
    FCGI_PARAMS = 4,
    FCGI_STDIN = 5,
    FCGI_STDOUT = 6,
    FCGI_RESPONDER = 1,
    FCGI_HEADER = 8
};

void probe_reply_free(struct probe_reply *reply) {
    strbuf_free(&reply->text);
    strbuf_free(&reply->location);
    *reply = (struct probe_reply){.status = 0};
}

static int io_error(struct err *err, const char *what) {
    bool late = errno == EAGAIN || errno == EINPROGRESS;
    return err_set(err, ERR_IO, "%s: %s", what,
                   late ? "no answer within 5 s" : strerror(errno));
}

static void set_patience(int fd) {
    const struct timeval time = {.tv_sec = PROBE_SECONDS};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

/* Sends the request and receives until the other side closes. */
static int exchange(int fd, const struct strbuf *request, struct strbuf *reply,
                    struct err *err) {
    static char buffer[1 << 16];
    time_t end = time(NULL) + PROBE_SECONDS;
    ssize_t count;
    if (request->failed)
        return err_no_memory(err);
    for (size_t sent = 0; sent < request->len; sent += (size_t)count) {
        count =
            send(fd, request->data + sent, request->len - sent, MSG_NOSIGNAL);
        if (count < 0)
            return io_error(err, "send");
    }
    while ((count = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
        strbuf_add(reply, buffer, (size_t)count);
        if (reply->failed)
            return err_no_memory(err);
        if (reply->len > PROBE_REPLY_MAX || time(NULL) > end)
            return err_set(err, ERR_LIMIT, "the reply is too long or too slow");
    }
    return count < 0 ? io_error(err, "receive") : 0;
}

/* A CGI reply has its status in a header. */
static int read_reply(struct probe_reply *reply, struct err *err) {
    static const char name[] = "Status:";
    strbuf_add_char(&reply->text, '\0');
    if (reply->text.failed)
        return err_no_memory(err);
    const char *text = reply->text.data;
    const char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return err_set(err, ERR_SYNTAX, "the reply is not CGI");
    const char *status = strstr(text, name);
    reply->body = end + 4;
    reply->status = status && status < end
                        ? (int)strtol(status + strlen(name), NULL, 10)
                        : 200;
    return 0;
}

static void add_record(struct strbuf *out, int type, const char *content,
                       size_t len) {
    const char head[FCGI_HEADER] = {FCGI_VERSION,     (char)type,         0, 1,
                                    (char)(len >> 8), (char)(len & 0xFF), 0, 0};
    strbuf_add(out, head, sizeof(head));
    strbuf_add(out, content, len);
}

/* Always the long form, which is valid for any length. */
static void add_length(struct strbuf *out, size_t len) {
    strbuf_add_char(out, (char)(0x80 | len >> 24));
    strbuf_add_char(out, (char)(len >> 16 & 0xFF));
    strbuf_add_char(out, (char)(len >> 8 & 0xFF));
    strbuf_add_char(out, (char)(len & 0xFF));
}

static void add_param(struct strbuf *out, const char *name, const char *value) {
    add_length(out, strlen(name));
    add_length(out, strlen(value));
    strbuf_add_string(out, name);
    strbuf_add_string(out, value);
}

static void add_request(struct strbuf *out, const char *path,
                        const char *token) {
    static const char begin[8] = {0, FCGI_RESPONDER};
    struct strbuf params = {0};
    char bearer[600];
    add_record(out, FCGI_BEGIN, begin, sizeof(begin));
    add_param(&params, "REQUEST_METHOD", "GET");
    add_param(&params, "REQUEST_URI", path);
    add_param(&params, "SCRIPT_NAME", "");
    add_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
    add_param(&params, "REMOTE_ADDR", "127.0.0.1");
    if (token) {
        (void)snprintf(bearer, sizeof(bearer), "Bearer %s", token);
        add_param(&params, "HTTP_AUTHORIZATION", bearer);
    }
    out->failed |= params.failed;
    if (!params.failed)
        add_record(out, FCGI_PARAMS, params.data, params.len);
    add_record(out, FCGI_PARAMS, "", 0);
    add_record(out, FCGI_STDIN, "", 0);
    strbuf_free(&params);
}

/* Joins the content of the stdout records. */
static int unwrap(const struct strbuf *records, struct strbuf *out,
                  struct err *err) {
    const unsigned char *bytes = (const unsigned char *)records->data;
    for (size_t at = 0; at + FCGI_HEADER <= records->len;) {
        size_t len = (size_t)bytes[at + 4] << 8 | bytes[at + 5];
        size_t next = at + FCGI_HEADER + len + bytes[at + 6];
        if (bytes[at] != FCGI_VERSION || next > records->len)
            break;
        if (bytes[at + 1] == FCGI_END)
            return 0;
        if (bytes[at + 1] == FCGI_STDOUT)
            strbuf_add(out, records->data + at + FCGI_HEADER, len);
        at = next;
    }
    return err_set(err, ERR_SYNTAX, "the reply is not FastCGI");
}

static int connect_socket(const char *path, struct err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return err_set(err, ERR_VALUE, "the path is too long for a socket");
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return io_error(err, "socket");
    set_patience(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)io_error(err, "connect");
    (void)close(fd);
    return -1;
}

int probe_socket(const char *socket_path, const char *path,
                 const struct probe_trust *trust, struct probe_reply *reply,
                 struct err *err) {
    struct strbuf request = {0};
    struct strbuf records = {0};
    int fd = connect_socket(socket_path, err);
    if (fd < 0)
        return -1;
    add_request(&request, path, trust->token);
    int result = exchange(fd, &request, &records, err);
    if (result == 0)
        result = unwrap(&records, &reply->text, err);
    if (result == 0)
        result = read_reply(reply, err);
    (void)close(fd);
    strbuf_free(&request);
    strbuf_free(&records);
    return result;
}
