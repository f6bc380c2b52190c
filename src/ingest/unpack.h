/* unpack: decodes protobuf messages with protobuf-c in bounded memory. */
#ifndef TALLYMAN_INGEST_UNPACK_H
#define TALLYMAN_INGEST_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

/* The memory limit in bytes for a message of `len` bytes, in any encoding. */
size_t unpack_memory_max(size_t len);

/* Decodes the message in bytes[0..len). The result is in the arena and does not
 * point into bytes. Returns NULL with ERR_LIMIT if it takes more than
 * unpack_memory_max or nests too deeply, ERR_SYNTAX if it is malformed, or
 * ERR_MEMORY. */
const struct ProtobufCMessage *
unpack(const struct ProtobufCMessageDescriptor *type, const char *bytes,
       size_t len, struct arena *arena, struct err *err);

#endif
