#include "sessions/message.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sessions/fields.h"

/* Seconds. Rarer heartbeats tell nothing about the time between them. */
static const double INTERVAL_MAX = 86400;

/* State of ingest_session. */
struct ingest {
    struct session_fields fields;
    size_t value_max;
    struct arena *arena;
    struct session_message *out;
};

struct text {
    const char *bytes;
    size_t len;
};

/* Non-strings read as "", and so do strings with a NUL, which no label
 * permits. */
static struct text text_of(const struct json_object *value) {
    struct text text = {"", 0};
    if (json_kind(value) == JSON_STRING)
        text.bytes = json_string(value, &text.len);
    if (text.len > 0 && memchr(text.bytes, '\0', text.len))
        text = (struct text){"", 0};
    return text;
}

static bool text_is(struct text text, const char *wanted) {
    return text.len == strlen(wanted) &&
           memcmp(text.bytes, wanted, text.len) == 0;
}

static struct text field_text(const struct ingest *ingest,
                              enum session_field field) {
    return text_of(ingest->fields.values[field]);
}

static bool field_true(const struct ingest *ingest, enum session_field field) {
    const struct json_object *value = ingest->fields.values[field];
    return json_kind(value) == JSON_BOOLEAN && json_boolean(value);
}

static double field_number(const struct ingest *ingest,
                           enum session_field field) {
    const struct json_object *value = ingest->fields.values[field];
    bool number =
        json_kind(value) == JSON_INTEGER || json_kind(value) == JSON_NUMBER;
    return number ? json_number(value) : 0;
}

/* Copies text to the arena, cut to the permitted length. */
static struct text keep(struct ingest *ingest, struct text text) {
    if (text.len > ingest->value_max)
        text.len = utf8_prefix(text.bytes, ingest->value_max);
    text.bytes = arena_copy(ingest->arena, text.bytes, text.len);
    return text;
}

/* Must be called in the order of the names. */
static void add_label(struct ingest *ingest, const char *name,
                      struct text value) {
    struct session_message *out = ingest->out;
    value = keep(ingest, value);
    if (value.len > 0)
        out->labels[out->label_count++] =
            (struct label){name, value.bytes, value.len};
}

/* `host:port`, always with the colon, as the panel's server writes it. Browsers
 * omit the scheme's default port. */
static struct text host_of(struct ingest *ingest) {
    struct text name = field_text(ingest, SESSION_HOSTNAME);
    struct text port = field_text(ingest, SESSION_PORT);
    struct text host = {"", 0};
    if (name.len + port.len == 0)
        return host;
    char *bytes = arena_take(ingest->arena, name.len + 1 + port.len);
    if (!bytes)
        return host;
    memcpy(bytes, name.bytes, name.len);
    bytes[name.len] = ':';
    memcpy(bytes + name.len + 1, port.bytes, port.len);
    return (struct text){bytes, name.len + 1 + port.len};
}

static struct text role_of(const struct ingest *ingest) {
    if (field_true(ingest, SESSION_ADMIN))
        return (struct text){"admin", strlen("admin")};
    if (field_true(ingest, SESSION_EDITOR))
        return (struct text){"editor", strlen("editor")};
    return (struct text){"user", strlen("user")};
}

static struct text theme_of(const struct ingest *ingest) {
    if (field_true(ingest, SESSION_LIGHT_THEME))
        return (struct text){"light", strlen("light")};
    return (struct text){"dark", strlen("dark")};
}

static void add_labels(struct ingest *in) {
    add_label(in, "dashboard_name", field_text(in, SESSION_DASHBOARD_NAME));
    add_label(in, "dashboard_timezone", field_text(in, SESSION_TIMEZONE));
    add_label(in, "dashboard_uid", field_text(in, SESSION_DASHBOARD_UID));
    add_label(in, "grafana_env", field_text(in, SESSION_ENV));
    add_label(in, "grafana_host", host_of(in));
    add_label(in, "user_locale", field_text(in, SESSION_LOCALE));
    add_label(in, "user_login", field_text(in, SESSION_LOGIN));
    add_label(in, "user_name", field_text(in, SESSION_NAME));
    add_label(in, "user_role", role_of(in));
    add_label(in, "user_theme", theme_of(in));
    add_label(in, "user_timezone", field_text(in, SESSION_USER_TIMEZONE));
}

static bool variable_known(const struct session_message *message,
                           const struct session_variable *variable) {
    for (size_t i = 0; i < message->variable_count; i++) {
        const struct session_variable *other = &message->variables[i];
        if (strcmp(other->name, variable->name) == 0 &&
            strcmp(other->value, variable->value) == 0)
            return true;
    }
    return false;
}

/* A long name is never cut, because it could become another variable's. */
static void add_variable(struct ingest *ingest,
                         const struct session_choice *choice,
                         struct session_variable *room) {
    struct session_message *out = ingest->out;
    struct text name = text_of(ingest->fields.variable_names[choice->variable]);
    struct text value = text_of(choice->value);
    if (name.len == 0 || name.len > ingest->value_max || value.len == 0)
        return;
    name = keep(ingest, name);
    value = keep(ingest, value);
    if (ingest->arena->failed || value.len == 0)
        return;
    struct session_variable variable = {name.bytes, value.bytes, value.len};
    if (!variable_known(out, &variable))
        room[out->variable_count++] = variable;
}

static void add_variables(struct ingest *ingest) {
    size_t count = ingest->fields.choice_count;
    struct session_variable *room =
        arena_take(ingest->arena, (count + 1) * sizeof(*room));
    ingest->out->variables = room;
    for (size_t i = 0; room && i < count; i++)
        add_variable(ingest, &ingest->fields.choices[i], room);
}

static bool printable(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

static int wrong_uuid(struct err *err, const char *what) {
    return err_set(err, ERR_VALUE,
                   "uuid: %s, must be 1 to %d printable ASCII characters", what,
                   SESSION_UUID_MAX);
}

static int read_uuid(struct ingest *ingest, struct err *err) {
    const struct json_object *value = ingest->fields.values[SESSION_UUID];
    size_t len;
    if (!value)
        return wrong_uuid(err, "missing");
    if (json_kind(value) != JSON_STRING)
        return wrong_uuid(err, json_kind_name(json_kind(value)));
    const char *text = json_string(value, &len);
    if (len == 0)
        return wrong_uuid(err, "empty");
    if (len > SESSION_UUID_MAX)
        return wrong_uuid(err, "too long");
    if (!printable(text, len))
        return wrong_uuid(err, "has other characters");
    ingest->out->uuid = arena_copy(ingest->arena, text, len);
    return ingest->out->uuid ? 0 : err_no_memory(err);
}

static enum session_kind read_kind(const struct ingest *ingest) {
    struct text type = field_text(ingest, SESSION_TYPE);
    if (text_is(type, "start"))
        return SESSION_START;
    return text_is(type, "end") ? SESSION_END : SESSION_HEARTBEAT;
}

static double read_interval(const struct ingest *ingest) {
    double interval = field_number(ingest, SESSION_HEARTBEAT_INTERVAL);
    return interval > 0 && interval <= INTERVAL_MAX ? interval : 0;
}

static double read_time(const struct ingest *ingest) {
    double time = floor(field_number(ingest, SESSION_TIME));
    return fmax(-NUMBER_EXACT, fmin(time, NUMBER_EXACT));
}

static int read_message(struct ingest *ingest, struct err *err) {
    struct session_message *out = ingest->out;
    if (read_uuid(ingest, err) != 0)
        return -1;
    out->kind = read_kind(ingest);
    out->focused = field_true(ingest, SESSION_HAS_FOCUS);
    out->heartbeat_interval = read_interval(ingest);
    out->time = read_time(ingest);
    out->ignored = text_is(field_text(ingest, SESSION_DASHBOARD_UID), "new");
    add_labels(ingest);
    add_variables(ingest);
    return ingest->arena->failed ? err_no_memory(err) : 0;
}

static int read_document(struct ingest *ingest,
                         const struct json_object *document, struct err *err) {
    if (json_kind(document) != JSON_OBJECT)
        return err_set(err, ERR_VALUE,
                       "the body is %s, must be an object such as "
                       "{\"uuid\": \"...\", \"type\": \"start\", ...}",
                       json_kind_name(json_kind(document)));
    session_fields_find(document, &ingest->fields);
    return read_message(ingest, err);
}

int ingest_session(const char *text, size_t len, size_t label_value_max,
                   struct arena *arena, struct session_message *out,
                   struct err *err) {
    static const struct session_message none = {.uuid = NULL};
    struct ingest ingest = {
        .value_max = label_value_max, .arena = arena, .out = out};
    struct json_object *document;
    *out = none;
    if (json_read(text, len, &document, err) != 0)
        return -1;
    int result = read_document(&ingest, document, err);
    json_free(document);
    if (result != 0)
        *out = none;
    return result;
}
