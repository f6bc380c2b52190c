#include "endpoints/session_log.h"

#include <string.h>

#include "base/json_writer.h"

/* A line that is being written. */
struct line {
    enum session_log_format format;
    struct strbuf *out;
    bool begun;
};

/* Whether logfmt needs no quotes. */
static bool is_plain(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return len > 0;
}

static void write_key(struct line *line, const char *key) {
    bool json = line->format == SESSION_LOG_JSON;
    if (line->begun)
        strbuf_add_char(line->out, json ? ',' : ' ');
    strbuf_printf(line->out, json ? "\"%s\":" : "%s=", key);
    line->begun = true;
}

/* Quotes as JSON does, also in logfmt. */
static void write_text(struct line *line, const char *key, const char *text,
                       size_t len) {
    write_key(line, key);
    if (line->format == SESSION_LOG_LOGFMT && is_plain(text, len))
        strbuf_add(line->out, text, len);
    else
        json_write_string(text, len, JSON_ESCAPE_HIDDEN, line->out);
}

static void write_string(struct line *line, const char *key, const char *text) {
    write_text(line, key, text, strlen(text));
}

/* The panel's own server logs `host`, and `env` as a part of its `build`. */
static const char *key_of(const char *label) {
    if (strcmp(label, "grafana_host") == 0)
        return "host";
    return strcmp(label, "grafana_env") == 0 ? "env" : label;
}

void session_log_write(enum session_log_format format,
                       const struct session_message *message, double time,
                       const struct label *labels, size_t count,
                       struct strbuf *out) {
    static const char *const kinds[] = {[SESSION_START] = "start",
                                        [SESSION_HEARTBEAT] = "heartbeat",
                                        [SESSION_END] = "end"};
    struct line line = {format, out, false};
    if (format == SESSION_LOG_OFF)
        return;
    if (format == SESSION_LOG_JSON)
        strbuf_add_char(out, '{');
    write_string(&line, "level", "info");
    write_string(&line, "msg", "Received session data");
    write_string(&line, "uuid", message->uuid);
    write_string(&line, "type", kinds[message->kind]);
    write_key(&line, "has_focus");
    strbuf_add_string(out, message->focused ? "true" : "false");
    for (size_t i = 0; i < count; i++)
        write_text(&line, key_of(labels[i].name), labels[i].value,
                   labels[i].value_len);
    write_key(&line, "time");
    strbuf_printf(out, "%.0f", time);
    strbuf_add_string(out, format == SESSION_LOG_JSON ? "}\n" : "\n");
}
