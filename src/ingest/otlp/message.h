/* message: a message of OTLP, the protocol of OpenTelemetry, in either of its
 * encodings. It reads the messages of otlp.proto. */
#ifndef TALLYMAN_INGEST_OTLP_MESSAGE_H
#define TALLYMAN_INGEST_OTLP_MESSAGE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;
struct json_object;

enum otlp_encoding { OTLP_JSON, OTLP_PROTOBUF };

/* The message of that type in bytes[0..len), for a cast to its struct. It lives
 * as long as the arena and does not point into bytes. Text may have any bytes.
 *
 * JSON is that of OTLP (opentelemetry-proto, docs/specification.md, "JSON
 * Protobuf Encoding"): keys in lowerCamelCase, ids in hexadecimal, enums as
 * integers. Fields that otlp.proto does not have are left out, and null is a
 * value that is not there.
 *
 * Returns NULL with ERR_SYNTAX for bytes that are no such message, ERR_VALUE
 * for a value that its field cannot have, with its path, ERR_LIMIT when it
 * takes more memory than unpack_memory_max or nests too deep, or ERR_MEMORY. */
const struct ProtobufCMessage *
otlp_read(const struct ProtobufCMessageDescriptor *type, const char *bytes,
          size_t len, enum otlp_encoding encoding, struct arena *arena,
          struct err *err);

/* The same for a value of a document that json_read has read, of which it takes
 * `len` bytes at most. The message does not point into the document. */
const struct ProtobufCMessage *
otlp_read_json(const struct ProtobufCMessageDescriptor *type,
               const struct json_object *value, size_t len, struct arena *arena,
               struct err *err);

#endif
