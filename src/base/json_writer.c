#include "base/json_writer.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

/* Above U+FFFF JSON writes a surrogate pair (RFC 8259, section 7). */
static void write_escape(uint32_t code, struct strbuf *out) {
    if (code == UTF8_MALFORMED)
        code = 0xFFFD;
    if (code == '"' || code == '\\')
        strbuf_printf(out, "\\%c", (int)code);
    else if (code == '\n')
        strbuf_add_string(out, "\\n");
    else if (code <= 0xFFFF)
        strbuf_printf(out, "\\u%04x", (unsigned)code);
    else
        strbuf_printf(out, "\\u%04x\\u%04x",
                      (unsigned)(0xD800 + ((code - 0x10000) >> 10)),
                      (unsigned)(0xDC00 + ((code - 0x10000) & 0x3FF)));
}

void json_write_string(const char *text, size_t len, enum json_escape escape,
                       struct strbuf *out) {
    const unsigned plain_end = escape == JSON_ESCAPE_CONTROL ? 0x100 : 0x7F;
    size_t done = 0;
    size_t size;
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < len; i += size) {
        unsigned char c = (unsigned char)text[i];
        uint32_t code;
        size = 1;
        if (c >= 0x20 && c != '"' && c != '\\' && c < plain_end)
            continue;
        size = utf8_decode(text + i, len - i, &code);
        if (code >= plain_end && escape != JSON_ESCAPE_ALL &&
            !utf8_hidden(code))
            continue;
        strbuf_add(out, text + done, i - done);
        write_escape(code, out);
        done = i + size;
    }
    strbuf_add(out, text + done, len - done);
    strbuf_add_char(out, '"');
}

static void begin_line(struct json_writer *json) {
    strbuf_add_char(json->out, '\n');
    if (json->layout == JSON_INDENTED)
        for (unsigned i = 0; i < json->depth; i++)
            strbuf_add_string(json->out, "  ");
}

static void begin_value(struct json_writer *json, const char *key) {
    bool row = json->layout == JSON_ROWS && json->depth == 1 && json->after;
    if (json->after)
        strbuf_add_char(json->out, ',');
    if (row || (json->layout == JSON_INDENTED && json->depth > 0))
        begin_line(json);
    json->after = true;
    if (!key)
        return;
    json_write_string(key, strlen(key), json->escape, json->out);
    strbuf_add_string(json->out, json->layout == JSON_INDENTED ? ": " : ":");
}

void json_writer_open(struct json_writer *json, const char *key, char bracket) {
    begin_value(json, key);
    strbuf_add_char(json->out, bracket);
    json->depth++;
    json->after = false;
}

void json_writer_close(struct json_writer *json, char bracket) {
    json->depth--;
    if (json->after && json->layout == JSON_INDENTED)
        begin_line(json);
    strbuf_add_char(json->out, bracket);
    json->after = true;
    if (json->depth == 0 && json->layout != JSON_COMPACT)
        strbuf_add_char(json->out, '\n');
}

void json_writer_text(struct json_writer *json, const char *key,
                      const char *text, size_t len) {
    begin_value(json, key);
    json_write_string(text, len, json->escape, json->out);
}

void json_writer_string(struct json_writer *json, const char *key,
                        const char *text) {
    if (text)
        json_writer_text(json, key, text, strlen(text));
    else
        json_writer_raw(json, key, "null", 4);
}

void json_writer_number(struct json_writer *json, const char *key,
                        double value) {
    char number[NUMBER_SIZE];
    if (isfinite(value))
        json_writer_raw(json, key, number, number_format(value, number));
    else
        json_writer_string(json, key, NULL);
}

void json_writer_natural(struct json_writer *json, const char *key,
                         uint64_t value) {
    char digits[NATURAL_SIZE];
    json_writer_raw(json, key, digits, natural_format(value, digits));
}

void json_writer_boolean(struct json_writer *json, const char *key,
                         bool value) {
    json_writer_raw(json, key, value ? "true" : "false", value ? 4 : 5);
}

void json_writer_raw(struct json_writer *json, const char *key,
                     const char *value, size_t len) {
    begin_value(json, key);
    strbuf_add(json->out, value, len);
}
