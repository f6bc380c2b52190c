#include "base/json.h"

#include <json-c/json.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/value_set.h"

/* A tokener is reused after a document of at most this size. */
enum { KEPT_MAX = 65536 };

/* The unused tokener: creating one takes a tenth of the time of a small
 * document. */
static _Atomic(struct json_tokener *) idle;

static struct json_tokener *take_tokener(void) {
    struct json_tokener *tokener = atomic_exchange(&idle, NULL);
    if (!tokener)
        return json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    json_tokener_reset(tokener);
    return tokener;
}

/* A tokener keeps as much memory as its largest document took. */
static void give_back(struct json_tokener *tokener, size_t len) {
    if (len <= KEPT_MAX)
        tokener = atomic_exchange(&idle, tokener);
    if (tokener)
        json_tokener_free(tokener);
}

/* Keeps leak checkers silent at exit. */
__attribute__((destructor)) static void free_idle(void) {
    struct json_tokener *tokener = atomic_exchange(&idle, NULL);
    if (tokener)
        json_tokener_free(tokener);
}

/* json-c misreads some pairs of escapes: in U+1D800 and others, the low 16 bits
 * equal half a pair, and json-c takes them for that half. Where text has
 * escaped pairs, *out is text with the characters in their place. */
static void join_pairs(const char *text, size_t len, struct strbuf *out) {
    size_t done = 0;
    size_t at = 0;
    const char *escape;
    while ((escape = memchr(text + at, '\\', len - at)) != NULL) {
        char bytes[4];
        uint32_t code;
        at = (size_t)(escape - text);
        if (!json_scan_pair(escape, len - at, &code)) {
            at += 2;
            continue;
        }
        strbuf_add(out, text + done, at - done);
        strbuf_add(out, bytes, utf8_encode(code, bytes));
        done = at += 12;
    }
    if (done > 0)
        strbuf_add(out, text + done, len - done);
}

/* The scan has accepted the text, so a failed allocation is the only error
 * left. */
static int parse(const char *text, size_t len, struct json_object **out) {
    struct json_tokener *tokener = take_tokener();
    if (!tokener)
        return -1;
    *out = json_tokener_parse_ex(tokener, text, (int)len);
    /* json-c waits for more digits when the text ends with a number. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        *out = json_tokener_parse_ex(tokener, "", 1);
    int result =
        json_tokener_get_error(tokener) == json_tokener_success ? 0 : -1;
    give_back(tokener, len);
    return result;
}

static int build(const char *text, size_t len, struct json_object **out) {
    struct strbuf joined = {0};
    join_pairs(text, len, &joined);
    int result = joined.failed    ? -1
                 : joined.len > 0 ? parse(joined.data, joined.len, out)
                                  : parse(text, len, out);
    strbuf_free(&joined);
    return result;
}

static size_t text_bytes(const struct json_object *string) {
    return (size_t)json_object_get_string_len(string);
}

/* The scan limits the depth. NOLINTNEXTLINE(misc-no-recursion) */
static void count(const struct json_object *value, struct json_totals *totals) {
    struct json_object_iter it;
    switch (json_object_get_type(value)) {
    case json_type_string:
        totals->bytes += text_bytes(value);
        break;
    case json_type_array:
        for (size_t i = json_object_array_length(value); i > 0; i--)
            count(json_at(value, i - 1), totals);
        break;
    case json_type_object:
        json_object_object_foreachC(value, it) {
            totals->members++;
            totals->bytes += strlen(it.key);
            count(it.val, totals);
        }
        break;
    case json_type_null:
    case json_type_boolean:
    case json_type_int:
    case json_type_double:
        break;
    }
}

struct walk {
    const char *text;
    json_place *place;
    void *context;
    struct strbuf path;
    /* End of the path of the open container at each depth. */
    size_t path_ends[JSON_DEPTH_MAX + 1];
    size_t elements[JSON_DEPTH_MAX + 1];
    struct value_set keys[JSON_DEPTH_MAX + 1];
};

/* Adds a key, unescaped, to the path. *repeated: the object already has it. */
static int walk_key(struct walk *walk, const struct json_token *token,
                    bool *repeated) {
    struct value_set *keys = &walk->keys[token->depth];
    struct json_object *key = NULL;
    int result = -1;
    if (build(token->key, token->key_len, &key) == 0) {
        const char *text = json_object_get_string(key);
        size_t count = keys->count;
        if (value_set_add(keys, text, text_bytes(key)) != VALUE_NONE)
            result = 0;
        *repeated = keys->count == count;
        strbuf_printf(&walk->path, "%s%s", walk->path.len > 0 ? "." : "", text);
    }
    json_free(key);
    return result;
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
    struct walk walk = {.text = text, .place = place, .context = context};
    struct json_totals totals;
    strbuf_add_string(&walk.path, "");
    int result = walk.path.failed
                     ? -1
                     : json_scan(text, len, walk_token, &walk, &totals, err);
    strbuf_free(&walk.path);
    for (size_t i = 0; i <= JSON_DEPTH_MAX; i++)
        value_set_free(&walk.keys[i]);
    return result < 0 ? err_no_memory(err) : result;
}

/* Ends a walk at the first repeated key. */
static int find_repeat(void *context, const char *path, size_t offset,
                       bool repeated) {
    (void)path;
    *(size_t *)context = offset;
    return repeated;
}

/* Whether json-c has built all of the text. It keeps one value of a repeated
 * key; older releases also drop members when an allocation fails. */
static int check(const char *text, size_t len, bool repeats,
                 const struct json_totals *scanned,
                 const struct json_object *document, struct err *err) {
    struct json_totals built = {0, 0};
    size_t offset = 0;
    count(document, &built);
    if (built.members == scanned->members && built.bytes == scanned->bytes)
        return 0;
    int found = json_walk(text, len, find_repeat, &offset, err);
    if (found == 0)
        return err_no_memory(err);
    if (found < 0 || repeats)
        return found < 0 ? -1 : 0;
    (void)err_set(err, ERR_SYNTAX, "not valid JSON: repeated key");
    err_locate(err, text, len, offset);
    return -1;
}

static int read_document(const char *text, size_t len, bool repeats,
                         struct json_object **out, struct err *err) {
    struct json_totals totals;
    *out = NULL;
    if (json_scan(text, len, NULL, NULL, &totals, err) != 0)
        return -1;
    if (build(text, len, out) != 0)
        return err_no_memory(err);
    if (check(text, len, repeats, &totals, *out, err) == 0)
        return 0;
    json_free(*out);
    *out = NULL;
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

/* json-c's getters take no const where they cache the text of a value. */
static struct json_object *mutable(const struct json_object *value) {
    return (struct json_object *)value;
}

const char *json_string(const struct json_object *value, size_t *len) {
    *len = text_bytes(value);
    return json_object_get_string(mutable(value));
}

const char *json_text(const struct json_object *value, size_t *len) {
    *len = 0;
    return json_kind(value) == JSON_STRING ? json_string(value, len) : "";
}

double json_number(const struct json_object *value) {
    /* An integer that json-c has clamped is one of these. */
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
    /* A linear search: objects have few members, and hashing the key takes
     * longer. */
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
