/* message: decodes messages of OTLP, the protocol of OpenTelemetry, in both
 * encodings. otlp.proto declares them. */
#ifndef TALLYMAN_INGEST_OTLP_MESSAGE_H
#define TALLYMAN_INGEST_OTLP_MESSAGE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;
struct json_object;

enum otlp_encoding { OTLP_JSON, OTLP_PROTOBUF };

/* Decodes bytes[0..len) to a message of that type, for a cast to its struct. It
 * is in the arena and does not point into bytes. Text may have any bytes.
 *
 * JSON follows OTLP (opentelemetry-proto, docs/specification.md, "JSON Protobuf
 * Encoding"): keys in lowerCamelCase, ids in hexadecimal, enums as integers.
 * Fields outside otlp.proto are ignored; a null value is missing.
 *
 * Returns NULL with ERR_SYNTAX for a malformed message, ERR_VALUE for a value
 * of the wrong type or range, with its path, ERR_LIMIT if it takes more memory
 * than unpack_memory_max or nests too deeply, or ERR_MEMORY. */
const struct ProtobufCMessage *
otlp_read(const struct ProtobufCMessageDescriptor *type, const char *bytes,
          size_t len, enum otlp_encoding encoding, struct arena *arena,
          struct err *err);

/* Like otlp_read, for a value that json_read has read and that takes at most
 * `len` bytes of text. The message does not point into the document. */
const struct ProtobufCMessage *
otlp_read_json(const struct ProtobufCMessageDescriptor *type,
               const struct json_object *value, size_t len, struct arena *arena,
               struct err *err);

#endif
