#include "base/json.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_scan.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/value_set.h"

/* Arrays begin with room for so many elements. */
enum { ARRAY_SIZE = 8 };

/* The document that a scan builds. */
struct build {
    struct json_object *document;
    struct json_object *open[JSON_DEPTH_MAX + 1]; /* the last of each depth */
    struct arena keys;
    bool repeated; /* a key, first at: */
    size_t repeat_offset;
};

/* Clamped to those of 64 bits, with a sign or without. */
static struct json_object *new_integer(const char *text, size_t len) {
    size_t sign = *text == '-';
    uint64_t value = 0;
    for (size_t i = sign; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            value = UINT64_MAX;
            break;
        }
        value = value * 10 + digit;
    }
    if (!sign)
        return json_object_new_uint64(value);
    return json_object_new_int64(value > INT64_MAX ? INT64_MIN
                                                   : -(int64_t)value);
}

static struct json_object *new_number(const char *text, size_t len) {
    double value;
    return number_parse(text, len, &value) == 0 ? json_object_new_double(value)
                                                : NULL;
}

/* NULL for null, too. */
static struct json_object *new_value(const struct json_token *token) {
    switch (token->kind) {
    case JSON_NULL:
        break;
    case JSON_BOOLEAN:
        return json_object_new_boolean(*token->text == 't');
    case JSON_INTEGER:
        return new_integer(token->text, token->len);
    case JSON_NUMBER:
        return new_number(token->text, token->len);
    case JSON_STRING:
        return json_object_new_string_len(token->text, (int)token->len);
    case JSON_ARRAY:
        return json_object_new_array_ext(ARRAY_SIZE);
    case JSON_OBJECT:
        return json_object_new_object();
    }
    return NULL;
}

/* Gives the value its place. json-c keeps the last one of a repeated key. */
static int place_value(struct build *build, const struct json_token *token,
                       struct json_object *value) {
    if (token->depth == 0) {
        build->document = value;
        return 0;
    }
    struct json_object *parent = build->open[token->depth - 1];
    if (!token->key)
        return json_object_array_add(parent, value);
    int members = json_object_object_length(parent);
    const char *key = arena_copy(&build->keys, token->key, token->key_len);
    if (!key || json_object_object_add_ex(parent, key, value,
                                          JSON_C_OBJECT_ADD_CONSTANT_KEY) != 0)
        return -1;
    if (json_object_object_length(parent) == members && !build->repeated) {
        build->repeated = true;
        build->repeat_offset = token->offset;
    }
    return 0;
}

static int build_value(void *context, const struct json_token *token) {
    struct build *build = context;
    struct json_object *value = new_value(token);
    if ((!value && token->kind != JSON_NULL) ||
        place_value(build, token, value) != 0) {
        (void)json_object_put(value);
        return -1;
    }
    build->open[token->depth] = value;
    return 0;
}

struct walk {
    json_place *place;
    void *context;
    struct strbuf path;
    /* Of the container that is open at each depth: */
    size_t path_ends[JSON_DEPTH_MAX + 1];
    size_t elements[JSON_DEPTH_MAX + 1];
    struct value_set keys[JSON_DEPTH_MAX + 1];
};

/* Adds a key to the path. *repeated: the object has it already. */
static int walk_key(struct walk *walk, const struct json_token *token,
                    bool *repeated) {
    struct value_set *keys = &walk->keys[token->depth];
    size_t count = keys->count;
    if (value_set_add(keys, token->key, token->key_len) == VALUE_NONE)
        return -1;
    *repeated = keys->count == count;
    strbuf_printf(&walk->path, "%s%.*s", walk->path.len > 0 ? "." : "",
                  (int)token->key_len, token->key);
    return 0;
}

static int walk_token(void *context, const struct json_token *token) {
    struct walk *walk = context;
    struct strbuf *path = &walk->path;
    size_t depth = token->depth;
    bool repeated = false;
    int result = 0;
    if (depth > 0) {
        path->len = walk->path_ends[depth - 1];
        path->data[path->len] = '\0';
    }
    if (token->key)
        result = walk_key(walk, token, &repeated);
    else if (depth > 0)
        strbuf_printf(path, "[%zu]", walk->elements[depth]++);
    if (result != 0 || path->failed)
        return -1;
    walk->path_ends[depth] = path->len;
    if (depth < JSON_DEPTH_MAX) {
        walk->elements[depth + 1] = 0;
        value_set_truncate(&walk->keys[depth + 1], 0);
    }
    return walk->place(walk->context, path->data, token->offset, repeated);
}

int json_walk(const char *text, size_t len, json_place *place, void *context,
              struct err *err) {
    struct walk walk = {.place = place, .context = context};
    strbuf_add_string(&walk.path, "");
    int result = walk.path.failed
                     ? err_set(err, ERR_MEMORY, "out of memory")
                     : json_scan(text, len, walk_token, &walk, err);
    strbuf_free(&walk.path);
    for (size_t i = 0; i <= JSON_DEPTH_MAX; i++)
        value_set_free(&walk.keys[i]);
    return result;
}

static void free_keys(struct json_object *document, void *keys) {
    struct arena arena = *(struct arena *)keys;
    (void)document;
    arena_free(&arena);
}

/* The keys go with the document, which does not look at them any more then. */
static int keep_keys(struct build *build) {
    if (!build->keys.blocks)
        return 0;
    struct arena *keys = arena_take(&build->keys, sizeof(*keys));
    if (!keys)
        return -1;
    *keys = build->keys;
    json_object_set_userdata(build->document, keys, free_keys);
    return 0;
}

static int read_document(const char *text, size_t len, bool repeats,
                         struct json_object **out, struct err *err) {
    struct build build = {.document = NULL};
    *out = NULL;
    int result = json_scan(text, len, build_value, &build, err);
    if (result == 0 && build.repeated && !repeats) {
        result = err_set(err, ERR_SYNTAX, "not valid JSON: repeated key");
        err_locate(err, text, len, build.repeat_offset);
    }
    if (result == 0 && keep_keys(&build) != 0)
        result = err_set(err, ERR_MEMORY, "out of memory");
    if (result == 0) {
        *out = build.document;
        return 0;
    }
    json_free(build.document);
    arena_free(&build.keys);
    return -1;
}

int json_read(const char *text, size_t len, struct json_object **out,
              struct err *err) {
    return read_document(text, len, false, out, err);
}

int json_read_repeats(const char *text, size_t len, struct json_object **out,
                      struct err *err) {
    return read_document(text, len, true, out, err);
}

void json_free(struct json_object *document) {
    (void)json_object_put(document);
}

enum json_kind json_kind(const struct json_object *value) {
    switch (json_object_get_type(value)) {
    case json_type_null:
        return JSON_NULL;
    case json_type_boolean:
        return JSON_BOOLEAN;
    case json_type_int:
        return JSON_INTEGER;
    case json_type_double:
        return JSON_NUMBER;
    case json_type_string:
        return JSON_STRING;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    }
    return JSON_NULL;
}

const char *json_kind_name(enum json_kind kind) {
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_BOOLEAN] = "true or false",
        [JSON_INTEGER] = "a number", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string",  [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == JSON_OBJECT + 1,
                   "one name for each kind");
    return names[kind];
}

/* json-c has const only where it keeps no text of a value in it. */
static struct json_object *mutable(const struct json_object *value) {
    return (struct json_object *)value;
}

const char *json_string(const struct json_object *value, size_t *len) {
    *len = (size_t)json_object_get_string_len(value);
    return json_object_get_string(mutable(value));
}

double json_number(const struct json_object *value) {
    /* Where json-c has clamped an integer, it has one of these. */
    if (json_object_get_type(value) == json_type_int) {
        if (json_object_get_uint64(value) == UINT64_MAX)
            return INFINITY;
        if (json_object_get_int64(value) == INT64_MIN)
            return -INFINITY;
    }
    return json_object_get_double(value) + 0.0; /* no -0 */
}

long long json_integer(const struct json_object *value) {
    return json_object_get_int64(value);
}

bool json_boolean(const struct json_object *value) {
    return json_object_get_boolean(value);
}

size_t json_length(const struct json_object *array) {
    return json_kind(array) == JSON_ARRAY ? json_object_array_length(array) : 0;
}

const struct json_object *json_at(const struct json_object *array,
                                  size_t index) {
    return json_object_array_get_idx(array, index);
}

const struct json_object *json_get(const struct json_object *object,
                                   const char *key) {
    struct json_object_iter it;
    if (json_kind(object) != JSON_OBJECT)
        return NULL;
    json_object_object_foreachC(object, it) {
        if (strcmp(it.key, key) == 0)
            return it.val;
    }
    return NULL;
}

int json_members(const struct json_object *object, json_visit *visit,
                 void *context) {
    struct json_object_iter it;
    json_object_object_foreachC(object, it) {
        int result = visit(context, it.key, it.val);
        if (result != 0)
            return result;
    }
    return 0;
}

void json_write_string(const char *text, size_t len, struct strbuf *out) {
    size_t done = 0;
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_add(out, text + done, i - done);
        if (c == '\n')
            strbuf_add_string(out, "\\n");
        else if (c < 0x20)
            strbuf_printf(out, "\\u%04x", c);
        else
            strbuf_printf(out, "\\%c", c);
        done = i + 1;
    }
    strbuf_add(out, text + done, len - done);
    strbuf_add_char(out, '"');
}
