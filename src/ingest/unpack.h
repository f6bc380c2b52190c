/* unpack: protobuf messages by protobuf-c, in bounded memory. */
#ifndef TALLYMAN_INGEST_UNPACK_H
#define TALLYMAN_INGEST_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

/* The most memory for a message of `len` bytes, in any encoding. */
size_t unpack_memory_max(size_t len);

/* The message in bytes[0..len), which lives as long as the arena and does not
 * point into bytes. NULL with ERR_LIMIT when it takes more than
 * unpack_memory_max or nests too deep, with ERR_SYNTAX when it is no such
 * message, or with ERR_MEMORY. */
const struct ProtobufCMessage *
unpack(const struct ProtobufCMessageDescriptor *type, const char *bytes,
       size_t len, struct arena *arena, struct err *err);

#endif
