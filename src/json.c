#include "json.h"

#include <limits.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "arena.h"
#include "number.h"
#include "strbuf.h"
#include "utf8.h"

struct json_value {
    enum json_kind kind;
    size_t offset;           /* in the text, of the key if it has one */
    const char *key;         /* of a member, else NULL */
    struct json_value *next; /* in the same array or object */
    union {
        bool boolean;
        double number;
        struct {
            const char *text;
            size_t len;
        } string;
        struct {
            struct json_value *first, *last;
            const struct json_value **elements; /* of an array */
            size_t count;
        } inside;
    };
};

struct document {
    struct json_value root; /* the first, so that it stands for all */
    struct arena arena;
};

/* What one json_read works on. */
struct parse {
    yajl_handle handle;
    const char *text;
    size_t end; /* of the last token that was a value, a key or a bracket */
    struct arena arena;
    struct document *document;
    struct json_value *open[JSON_DEPTH_MAX]; /* from the outermost */
    size_t depth;
    const char *key; /* of the value that comes next */
    size_t key_offset;
    bool too_deep;
};

/* White space and separators make no event. */
static size_t token_start(const struct parse *parse, size_t limit) {
    static const bool skipped[256] = {
        [' '] = true,  ['\t'] = true, ['\r'] = true,
        ['\n'] = true, [','] = true,  [':'] = true};
    size_t at = parse->end;
    while (at + 1 < limit && skipped[(unsigned char)parse->text[at]])
        at++;
    return at;
}

static size_t take_token(struct parse *parse) {
    size_t end = yajl_get_bytes_consumed(parse->handle);
    size_t start = token_start(parse, end);
    parse->end = end;
    return start;
}

static void append(struct json_value *parent, struct json_value *value) {
    if (parent->inside.last)
        parent->inside.last->next = value;
    else
        parent->inside.first = value;
    parent->inside.last = value;
    parent->inside.count++;
}

/* The new value in its place, NULL when memory ran out. */
static struct json_value *add_value(struct parse *parse, enum json_kind kind) {
    struct json_value *value;
    size_t start = take_token(parse);
    if (parse->depth == 0) {
        value = &parse->document->root;
    } else {
        value = arena_take(&parse->arena, sizeof(*value));
        if (!value)
            return NULL;
        append(parse->open[parse->depth - 1], value);
    }
    value->kind = kind;
    value->offset = parse->key ? parse->key_offset : start;
    value->key = parse->key;
    value->next = NULL;
    parse->key = NULL;
    return value;
}

static int add_null(void *context) {
    return add_value(context, JSON_NULL) != NULL;
}

static int add_boolean(void *context, int flag) {
    struct json_value *value = add_value(context, JSON_BOOLEAN);
    if (!value)
        return 0;
    value->boolean = flag != 0;
    return 1;
}

static int add_number(void *context, const char *text, size_t len) {
    bool whole = !memchr(text, '.', len) && !memchr(text, 'e', len) &&
                 !memchr(text, 'E', len);
    struct json_value *value =
        add_value(context, whole ? JSON_INTEGER : JSON_NUMBER);
    return value && number_parse(text, len, &value->number) == 0;
}

/* NUL-terminated. YAJL passes one half of a surrogate pair on, which is no
 * character. */
static char *copy_text(struct parse *parse, const unsigned char *bytes,
                       size_t len) {
    char *copy = arena_copy(&parse->arena, (const char *)bytes, len);
    bool decoded = (const char *)bytes < parse->text ||
                   (const char *)bytes > parse->text + parse->end;
    for (size_t at; copy && decoded && (at = utf8_prefix(copy, len)) < len;)
        copy[at] = '?';
    return copy;
}

static int add_string(void *context, const unsigned char *bytes, size_t len) {
    struct parse *parse = context;
    struct json_value *value = add_value(parse, JSON_STRING);
    if (!value)
        return 0;
    value->string.text = copy_text(parse, bytes, len);
    value->string.len = len;
    return value->string.text != NULL;
}

static int add_key(void *context, const unsigned char *bytes, size_t len) {
    struct parse *parse = context;
    parse->key_offset = take_token(parse);
    char *key = copy_text(parse, bytes, len);
    for (char *nul; key && (nul = memchr(key, '\0', len));)
        *nul = '?';
    parse->key = key;
    return key != NULL;
}

static int open_value(struct parse *parse, enum json_kind kind) {
    struct json_value *value = add_value(parse, kind);
    if (!value)
        return 0;
    value->inside.first = value->inside.last = NULL;
    value->inside.count = 0;
    parse->too_deep = parse->depth == JSON_DEPTH_MAX;
    if (parse->too_deep)
        return 0;
    parse->open[parse->depth++] = value;
    return 1;
}

static int open_object(void *context) {
    return open_value(context, JSON_OBJECT);
}

static int open_array(void *context) {
    return open_value(context, JSON_ARRAY);
}

static int close_object(void *context) {
    struct parse *parse = context;
    (void)take_token(parse);
    parse->depth--;
    return 1;
}

static int close_array(void *context) {
    struct parse *parse = context;
    struct json_value *array = parse->open[parse->depth - 1];
    size_t index = 0;
    array->inside.elements = arena_take(
        &parse->arena, array->inside.count * sizeof(struct json_value *));
    if (!array->inside.elements)
        return 0;
    for (struct json_value *it = array->inside.first; it; it = it->next)
        array->inside.elements[index++] = it;
    return close_object(parse);
}

static const yajl_callbacks callbacks = {
    .yajl_null = add_null,
    .yajl_boolean = add_boolean,
    .yajl_number = add_number,
    .yajl_string = add_string,
    .yajl_start_map = open_object,
    .yajl_map_key = add_key,
    .yajl_end_map = close_object,
    .yajl_start_array = open_array,
    .yajl_end_array = close_array,
};

static int syntax_error(struct err *err, const char *text, size_t len,
                        size_t offset, const char *reason) {
    (void)err_set(err, ERR_SYNTAX, "not valid JSON: %s", reason);
    err_locate(err, text, len, offset);
    return -1;
}

/* What people write by habit, NULL for anything else; *at is where the parser
 * stopped, and becomes where the mistake is. */
static const char *name_mistake(const char *text, size_t len, size_t *at) {
    size_t before = *at;
    if (before >= len)
        return NULL;
    while (before > 0 && strchr(" \t\r\n", text[before - 1]))
        before--;
    char last = before > 0 ? text[before - 1] : '\0';
    switch (text[*at]) {
    case '}':
    case ']':
        if (last != ',')
            return NULL;
        *at = before - 1;
        return "nothing follows this comma; take it away";
    case ',':
        return last == ',' || last == '[' || last == '{'
                   ? "nothing stands before this comma; take it away"
                   : NULL;
    case '\'':
        return "texts and names are in double quotes, not in single ones";
    default:
        return last == '{' ? "names are in double quotes" : NULL;
    }
}

/* YAJL names what it could not read: "parse error: reason\n". */
static int explain(const struct parse *parse, yajl_status status, size_t len,
                   bool at_end, struct err *err) {
    if (status == yajl_status_client_canceled && !parse->too_deep)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (parse->too_deep)
        return syntax_error(err, parse->text, len, parse->end - 1,
                            "nesting too deep");
    size_t offset =
        at_end ? len
               : token_start(parse, yajl_get_bytes_consumed(parse->handle));
    char *message = (char *)yajl_get_error(parse->handle, 0, NULL, 0);
    if (!message)
        return err_set(err, ERR_MEMORY, "out of memory");
    message[strcspn(message, "\n")] = '\0';
    const char *reason = strstr(message, ": ");
    reason = reason ? reason + 2 : message;
    if (strcmp(reason, "premature EOF") == 0)
        reason = "the text ends too early";
    const char *mistake = name_mistake(parse->text, len, &offset);
    if (mistake)
        reason = mistake;
    (void)syntax_error(err, parse->text, len, offset, reason);
    yajl_free_error(parse->handle, (unsigned char *)message);
    return -1;
}

int json_read(const char *text, size_t len, struct json_value **out,
              struct err *err) {
    struct parse parse = {.text = text};
    int result = -1;
    *out = NULL;
    if (!utf8_valid(text, len))
        return syntax_error(err, text, len, utf8_prefix(text, len),
                            "not UTF-8 text");
    parse.handle = yajl_alloc(&callbacks, NULL, &parse);
    parse.document = arena_take(&parse.arena, sizeof(*parse.document));
    if (!parse.handle || !parse.document) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        goto out;
    }
    (void)yajl_config(parse.handle, yajl_dont_validate_strings, 1);
    yajl_status status =
        yajl_parse(parse.handle, (const unsigned char *)text, len);
    bool at_end = status == yajl_status_ok;
    if (at_end)
        status = yajl_complete_parse(parse.handle);
    if (status != yajl_status_ok) {
        (void)explain(&parse, status, len, at_end, err);
        goto out;
    }
    result = 0;
out:
    if (parse.handle)
        yajl_free(parse.handle);
    if (result == 0) {
        parse.document->arena = parse.arena;
        *out = &parse.document->root;
    } else {
        arena_free(&parse.arena);
    }
    return result;
}

void json_free(struct json_value *document) {
    if (!document)
        return;
    struct arena arena = ((struct document *)document)->arena;
    arena_free(&arena);
}

enum json_kind json_kind(const struct json_value *value) {
    return value ? value->kind : JSON_NULL;
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

const char *json_string(const struct json_value *value, size_t *len) {
    *len = value->string.len;
    return value->string.text;
}

double json_number(const struct json_value *value) {
    return value->number;
}

long long json_integer(const struct json_value *value) {
    const double limit = 9223372036854775808.0; /* 2^63 */
    if (value->number >= limit)
        return LLONG_MAX;
    return value->number <= -limit ? LLONG_MIN : (long long)value->number;
}

bool json_boolean(const struct json_value *value) {
    return value->boolean;
}

size_t json_length(const struct json_value *array) {
    return json_kind(array) == JSON_ARRAY ? array->inside.count : 0;
}

const struct json_value *json_at(const struct json_value *array, size_t index) {
    return array->inside.elements[index];
}

const struct json_value *json_get(const struct json_value *object,
                                  const char *key) {
    const struct json_value *found = NULL;
    if (json_kind(object) != JSON_OBJECT)
        return NULL;
    for (const struct json_value *it = object->inside.first; it; it = it->next)
        if (strcmp(it->key, key) == 0)
            found = it;
    return json_kind(found) == JSON_NULL ? NULL : found;
}

int json_members(const struct json_value *object, json_visit *visit,
                 void *context) {
    int result = 0;
    for (const struct json_value *it = object->inside.first; it && result == 0;
         it = it->next)
        result = visit(context, it->key, it);
    return result;
}

struct walk {
    json_place *place;
    void *context;
    struct strbuf path;
};

static bool key_repeated(const struct json_value *object,
                         const struct json_value *member) {
    for (const struct json_value *it = object->inside.first; it != member;
         it = it->next)
        /* Members have keys. */
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        if (strcmp(it->key, member->key) == 0)
            return true;
    return false;
}

/* As deep as json_read goes. NOLINTNEXTLINE(misc-no-recursion) */
static void walk_value(struct walk *walk, const struct json_value *value,
                       bool repeated) {
    struct strbuf *path = &walk->path;
    size_t index = 0;
    if (path->failed)
        return;
    walk->place(walk->context, path->data, value->offset, repeated);
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
        return;
    for (const struct json_value *it = value->inside.first; it; it = it->next) {
        size_t len = path->len;
        if (it->key)
            strbuf_printf(path, "%s%s", len > 0 ? "." : "", it->key);
        else
            strbuf_printf(path, "[%zu]", index++);
        walk_value(walk, it, it->key && key_repeated(value, it));
        path->len = len;
        path->data[len] = '\0';
    }
}

void json_walk(const struct json_value *document, json_place *place,
               void *context) {
    struct walk walk = {place, context, {0}};
    strbuf_add_string(&walk.path, "");
    walk_value(&walk, document, false);
    strbuf_free(&walk.path);
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
