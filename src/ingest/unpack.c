#include "ingest/unpack.h"

#include <protobuf-c/protobuf-c.h>

/* Memory limit of a message: bytes per byte of the message, plus a base for
 * small ones. Real pushes take up to 16 per byte, or 25 if they omit zeros; an
 * empty metric of 2 bytes takes more than 100. */
enum { MEMORY_FACTOR = 32, MEMORY_SMALL = 64 << 10 };

/* protobuf-c recurses for each nested message and takes about 1 KiB of stack
 * per level. Real pushes have up to 12 levels. */
enum { STACK_MAX = 128 << 10 };

struct memory {
    struct arena *arena;
    size_t left;
    uintptr_t stack; /* stack address at the start of the message */
    enum err_code failure;
    bool deep;
};

size_t unpack_memory_max(size_t len) {
    return len > (SIZE_MAX - MEMORY_SMALL) / MEMORY_FACTOR
               ? SIZE_MAX
               : MEMORY_FACTOR * len + MEMORY_SMALL;
}

static uintptr_t distance(uintptr_t a, uintptr_t b) {
    return a > b ? a - b : b - a;
}

/* Each allocation counts 16 extra bytes, since the arena rounds up. */
static void *memory_take(void *context, size_t size) {
    struct memory *memory = context;
    const size_t more = 16;
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    memory->deep = memory->deep || distance(stack, memory->stack) > STACK_MAX;
    if (memory->deep || memory->left < more || memory->left - more < size) {
        memory->failure = ERR_LIMIT;
        return NULL;
    }
    memory->left -= size + more;
    void *piece = arena_take(memory->arena, size);
    if (!piece)
        memory->failure = ERR_MEMORY;
    return piece;
}

static void memory_give(void *context, void *piece) {
    (void)context;
    (void)piece;
}

static void explain(const struct memory *memory, const char *name, size_t len,
                    struct err *err) {
    if (memory->failure == ERR_MEMORY)
        (void)err_no_memory(err);
    else if (memory->deep)
        (void)err_set(err, ERR_LIMIT, "its values are nested too deeply");
    else if (memory->failure == ERR_LIMIT)
        (void)err_set(err, ERR_LIMIT,
                      "its %zu bytes take more than %zu bytes of memory", len,
                      unpack_memory_max(len));
    else
        (void)err_set(err, ERR_SYNTAX, "it is not an OTLP %s", name);
}

const struct ProtobufCMessage *
unpack(const struct ProtobufCMessageDescriptor *type, const char *bytes,
       size_t len, struct arena *arena, struct err *err) {
    struct memory memory = {.arena = arena,
                            .left = unpack_memory_max(len),
                            .stack = (uintptr_t)__builtin_frame_address(0),
                            .failure = ERR_NONE};
    ProtobufCAllocator allocator = {memory_take, memory_give, &memory};
    const ProtobufCMessage *message = protobuf_c_message_unpack(
        type, &allocator, len, (const uint8_t *)bytes);
    if (!message)
        explain(&memory, type->short_name, len, err);
    return message;
}
