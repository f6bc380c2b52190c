#include "ingest/otlp/reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "otlp.pb-c.h"

static void pack(const ProtobufCMessage *message, struct strbuf *out) {
    size_t len = protobuf_c_message_get_packed_size(message);
    if (!strbuf_reserve(out, len + 1))
        return;
    (void)protobuf_c_message_pack(message, (uint8_t *)out->data + out->len);
    out->len += len;
    out->data[out->len] = '\0';
}

static ProtobufCBinaryData text_of(const char *text, size_t len) {
    return (ProtobufCBinaryData){len, (uint8_t *)text};
}

/* Writes a 64-bit number as a string, as proto3 JSON requires. */
static void write_partial_json(const char *key, uint64_t rejected,
                               const char *message, size_t len,
                               struct json_writer *json) {
    char digits[32];
    int digits_len = snprintf(digits, sizeof(digits), "%" PRIu64, rejected);
    json_writer_open(json, "partialSuccess", '{');
    json_writer_text(json, key, digits, (size_t)digits_len);
    json_writer_text(json, "errorMessage", message, len);
    json_writer_close(json, '}');
}

static void write_partial_protobuf(uint64_t rejected, const char *message,
                                   size_t len, struct strbuf *out) {
    Otlp__PartialSuccess partial = OTLP__PARTIAL_SUCCESS__INIT;
    Otlp__Response response = OTLP__RESPONSE__INIT;
    partial.has_rejected = rejected > 0;
    partial.rejected = (int64_t)rejected;
    partial.has_error_message = len > 0;
    partial.error_message = text_of(message, len);
    response.partial_success = &partial;
    pack(&response.base, out);
}

void otlp_write_response(enum otlp_encoding encoding, const char *key,
                         uint64_t rejected, const char *message, size_t len,
                         struct strbuf *out) {
    bool partial = rejected > 0 || len > 0;
    len = utf8_prefix(message, len);
    if (encoding == OTLP_JSON) {
        struct json_writer json = {.out = out, .layout = JSON_COMPACT};
        json_writer_open(&json, NULL, '{');
        if (partial)
            write_partial_json(key, rejected, message, len, &json);
        json_writer_close(&json, '}');
    } else if (partial) {
        write_partial_protobuf(rejected, message, len, out);
    }
}

void otlp_write_status(enum otlp_encoding encoding, int code,
                       const char *message, size_t len, struct strbuf *out) {
    len = utf8_prefix(message, len);
    if (encoding == OTLP_JSON) {
        struct json_writer json = {.out = out, .layout = JSON_COMPACT};
        json_writer_open(&json, NULL, '{');
        json_writer_natural(&json, "code", (uint64_t)code);
        json_writer_text(&json, "message", message, len);
        json_writer_close(&json, '}');
        return;
    }
    Otlp__Status status = OTLP__STATUS__INIT;
    status.has_code = 1;
    status.code = code;
    status.has_message = 1;
    status.message = text_of(message, len);
    pack(&status.base, out);
}
