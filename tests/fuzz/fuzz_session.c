/* A session message: nothing beyond it is read, and an accepted one keeps the
 * promises of sessions/message.h. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "sessions/fields.h"
#include "sessions/message.h"

enum { VALUE_MAX = 24 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_text(const char *text, size_t len) {
    assert(len > 0 && len <= VALUE_MAX && strlen(text) == len);
    assert(utf8_valid(text, len));
}

static void check_variables(const struct session_message *message) {
    assert(message->variable_count <= SESSION_VARIABLES_MAX);
    for (size_t i = 0; i < message->variable_count; i++) {
        const struct session_variable *variable = &message->variables[i];
        check_text(variable->name, strlen(variable->name));
        check_text(variable->value, variable->value_len);
        for (size_t k = 0; k < i; k++)
            assert(strcmp(message->variables[k].name, variable->name) != 0 ||
                   strcmp(message->variables[k].value, variable->value) != 0);
    }
}

static void check_message(const struct session_message *message) {
    size_t len = strlen(message->uuid);
    assert(len > 0 && len <= SESSION_UUID_MAX);
    for (size_t i = 0; i < len; i++)
        assert(message->uuid[i] >= ' ' && message->uuid[i] <= '~');
    assert(message->kind == SESSION_START || message->kind == SESSION_END ||
           message->kind == SESSION_HEARTBEAT);
    assert(message->heartbeat_interval >= 0 &&
           message->heartbeat_interval <= 86400);
    assert(isfinite(message->time) && floor(message->time) == message->time);
    assert(message->label_count >= 2); /* role and theme */
    assert(message->label_count <= SESSION_LABELS_MAX);
    for (size_t i = 0; i < message->label_count; i++) {
        const struct label *label = &message->labels[i];
        check_text(label->value, label->value_len);
        assert(i == 0 || strcmp(message->labels[i - 1].name, label->name) < 0);
    }
    check_variables(message);
}

static void check_error(const struct session_message *message,
                        const struct err *err) {
    assert(!message->uuid && !message->variables && message->label_count == 0);
    assert(err->message[0] != '\0');
    assert(err->code == ERR_SYNTAX ? err->line > 0 && err->column > 0
                                   : err->code == ERR_VALUE && err->line == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct arena arena = {0};
    struct session_message message;
    struct err err = {.code = ERR_NONE};
    if (ingest_session((const char *)bytes, len, VALUE_MAX, &arena, &message,
                       &err) == 0)
        check_message(&message);
    else
        check_error(&message, &err);
    arena_free(&arena);
    return 0;
}
