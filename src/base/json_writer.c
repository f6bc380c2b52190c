#include "base/json_writer.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"

static void begin_line(struct json_writer *json) {
    strbuf_add_char(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        strbuf_add_string(json->out, "  ");
}

static void begin_value(struct json_writer *json, const char *key) {
    if (json->after)
        strbuf_add_char(json->out, ',');
    if (json->depth > 0)
        begin_line(json);
    json->after = true;
    if (!key)
        return;
    json_write_string(key, strlen(key), json->out);
    strbuf_add_string(json->out, ": ");
}

void json_writer_open(struct json_writer *json, const char *key, char bracket) {
    begin_value(json, key);
    strbuf_add_char(json->out, bracket);
    json->depth++;
    json->after = false;
}

void json_writer_close(struct json_writer *json, char bracket) {
    json->depth--;
    if (json->after)
        begin_line(json);
    strbuf_add_char(json->out, bracket);
    json->after = true;
    if (json->depth == 0)
        strbuf_add_char(json->out, '\n');
}

void json_writer_string(struct json_writer *json, const char *key,
                        const char *text) {
    begin_value(json, key);
    if (text)
        json_write_string(text, strlen(text), json->out);
    else
        strbuf_add_string(json->out, "null");
}

void json_writer_number(struct json_writer *json, const char *key,
                        double value) {
    char number[NUMBER_SIZE];
    begin_value(json, key);
    if (isfinite(value))
        strbuf_add(json->out, number, number_format(value, number));
    else
        strbuf_add_string(json->out, "null");
}

void json_writer_boolean(struct json_writer *json, const char *key,
                         bool value) {
    begin_value(json, key);
    strbuf_add_string(json->out, value ? "true" : "false");
}
