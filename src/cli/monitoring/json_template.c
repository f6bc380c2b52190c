#include "cli/monitoring/json_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON_DEPTH_MAX limits the recursion. */

static int fail_memory(struct json_template *template) {
    return err_set(template->err, ERR_MEMORY, "out of memory");
}

/* Remembers the innermost value that has failed. */
static int failed_at(struct json_template *template,
                     const struct json_object *value, int result) {
    if (result < 0 && !template->failed)
        template->failed = value;
    return result;
}

int json_template_text(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *string, const char **text) {
    struct strbuf out = {0};
    size_t len;
    *text = "";
    if (json_kind(string) != JSON_STRING)
        return err_set(template->err, ERR_VALUE, "must be a string");
    const char *bytes = json_string(string, &len);
    int result = template_expand(NULL, bytes, len, scope, &out, template->err);
    if (result == 0 && out.len > 0)
        *text = arena_copy(template->arena, out.data, out.len);
    if (!*text)
        result = fail_memory(template);
    strbuf_free(&out);
    return result;
}

/* Directives are these names, and `#` with the key of a number. */
static const char *const directives[] = {"#if", "#each", "#by", "#let",
                                         "#list"};

static bool is_directive(const char *key) {
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
        if (strcmp(key, directives[i]) == 0)
            return true;
    return false;
}

static const struct json_object *number_text(const struct json_object *object,
                                             const char *key) {
    char name[32];
    const int len = snprintf(name, sizeof(name), "#%s", key);
    return len < (int)sizeof(name) ? json_get(object, name) : NULL;
}

static int read_number(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *string, double *number) {
    const char *text;
    char *end;
    if (json_template_text(template, scope, string, &text) != 0)
        return -1;
    *number = strtod(text, &end);
    return end > text && !*end ? 0
                               : err_set(template->err, ERR_VALUE,
                                         "must be a number: %.100s", text);
}

int json_template_number(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *object, const char *key,
                         double *number) {
    const struct json_object *text = number_text(object, key);
    *number = json_number(json_get(object, key));
    return text ? read_number(template, scope, text, number) : 0;
}

struct members {
    struct json_template *template;
    const struct template_scope *scope;
    const struct json_object *object;
};

/* NOLINTNEXTLINE(misc-no-recursion) */
static int write_member(void *context, const char *key,
                        const struct json_object *value) {
    const struct members *members = context;
    struct json_template *template = members->template;
    if (is_directive(key) || number_text(members->object, key))
        return 0;
    int result = 1;
    if (key[0] == '#') {
        double number;
        result = read_number(template, members->scope, value, &number);
        if (result == 0)
            json_writer_number(&template->json, key + 1, number);
    } else if (template->member) {
        result = template->member(template, members->scope, key, value);
    }
    if (result == 1)
        result = json_template_write(template, members->scope, key, value);
    return failed_at(template, value, result);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int write_element(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *element) {
    return json_template_write(template, scope, NULL, element);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
int json_template_write(struct json_template *template,
                        const struct template_scope *scope, const char *key,
                        const struct json_object *value) {
    struct json_writer *json = &template->json;
    struct members members = {template, scope, value};
    const char *text;
    int result = 0;
    switch (json_kind(value)) {
    case JSON_NULL:
        json_writer_string(json, key, NULL);
        break;
    case JSON_BOOLEAN:
        json_writer_boolean(json, key, json_boolean(value));
        break;
    case JSON_INTEGER:
    case JSON_NUMBER:
        json_writer_number(json, key, json_number(value));
        break;
    case JSON_STRING:
        result = json_template_text(template, scope, value, &text);
        json_writer_string(json, key, text);
        break;
    case JSON_ARRAY:
        json_writer_open(json, key, '[');
        result = json_template_elements(template, scope, value, write_element);
        json_writer_close(json, ']');
        break;
    case JSON_OBJECT:
        json_writer_open(json, key, '{');
        result = json_members(value, write_member, &members);
        json_writer_close(json, '}');
        break;
    }
    return result;
}

/* Reads the text of a directive; "" if the object lacks it. */
static int read_directive(struct json_template *template,
                          const struct json_object *object, const char *key,
                          const char **words) {
    const struct json_object *value = json_get(object, key);
    size_t len;
    *words = "";
    if (!value)
        return 0;
    if (json_kind(value) != JSON_STRING)
        return err_set(template->err, ERR_SYNTAX, "%s must be a string", key);
    *words = json_string(value, &len);
    return 0;
}

static int is_wanted(struct json_template *template,
                     const struct template_scope *scope,
                     const struct json_object *object, bool *wanted) {
    const char *words;
    return read_directive(template, object, "#if", &words) != 0
               ? -1
               : template_holds(scope, words, strlen(words), wanted,
                                template->err);
}

/* Values that are added one by one; each sees the earlier ones. */
struct let {
    struct json_template *template;
    const struct template_scope *scope;
};

static int add_value(void *context, const char *key,
                     const struct json_object *value) {
    struct let *let = context;
    struct template_value *values =
        arena_take(let->template->arena, 2 * sizeof(*values));
    struct template_scope *scope =
        arena_take(let->template->arena, sizeof(*scope));
    const char *text;
    if (is_directive(key))
        return 0;
    if (json_template_text(let->template, let->scope, value, &text) != 0)
        return failed_at(let->template, value, -1);
    if (!values || !scope)
        return fail_memory(let->template);
    values[0] = (struct template_value){.name = key, .text = text};
    values[1] = (struct template_value){.name = NULL};
    *scope = (struct template_scope){values, let->scope};
    let->scope = scope;
    return 0;
}

static int add_values(struct let *let, const struct json_object *array) {
    for (size_t i = 0; i < json_length(array); i++) {
        const struct json_object *values = json_at(array, i);
        bool wanted;
        if (json_kind(values) != JSON_OBJECT)
            return err_set(let->template->err, ERR_SYNTAX,
                           "#let must be an array of objects");
        if (is_wanted(let->template, let->scope, values, &wanted) != 0 ||
            (wanted && json_members(values, add_value, let) != 0))
            return -1;
    }
    return 0;
}

/* Visits an element whose conditions hold. NOLINTNEXTLINE(misc-no-recursion) */
static int visit_one(struct json_template *template,
                     const struct template_scope *scope,
                     const struct json_object *element,
                     json_template_element *visit) {
    struct let let = {template, scope};
    const struct json_object *list = json_get(element, "#list");
    if (add_values(&let, json_get(element, "#let")) != 0)
        return -1;
    return list ? json_template_elements(template, let.scope, list, visit)
                : visit(template, let.scope, element);
}

/* Visits an element once for several rows. NOLINTNEXTLINE(misc-no-recursion) */
static int visit_slice(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *element,
                       const struct template_row *rows, size_t count,
                       json_template_element *visit) {
    const struct template_value slice[] = {
        {.name = "slice", .rows = rows, .row_count = count}, {.name = NULL}};
    const struct template_scope inner = {slice, scope};
    return visit_one(template, &inner, element, visit);
}

/* Visits an element for each row. NOLINTNEXTLINE(misc-no-recursion) */
static int visit_rows(struct json_template *template,
                      const struct template_scope *scope,
                      const struct json_object *element,
                      const struct template_value *list,
                      json_template_element *visit) {
    const struct json_object *by = json_get(element, "#by");
    const size_t most = by ? (size_t)json_integer(by) : 0;
    struct template_row *slice =
        arena_take(template->arena, (list->row_count + 1) * sizeof(*slice));
    size_t count = 0;
    int result = 0;
    if (!slice)
        return fail_memory(template);
    for (size_t i = 0; i < list->row_count && result == 0; i++) {
        const struct template_scope row = {list->rows[i].values, scope};
        bool wanted;
        result = is_wanted(template, &row, element, &wanted);
        if (result != 0 || !wanted)
            continue;
        if (!by)
            result = visit_one(template, &row, element, visit);
        else
            slice[count++] = list->rows[i];
        if (by && count == most) {
            result = visit_slice(template, scope, element, slice, count, visit);
            count = 0;
        }
    }
    return result == 0 && count > 0
               ? visit_slice(template, scope, element, slice, count, visit)
               : result;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int visit_element(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *element,
                         json_template_element *visit) {
    const char *name;
    bool wanted = false;
    if (json_kind(element) != JSON_OBJECT)
        return visit(template, scope, element);
    if (read_directive(template, element, "#each", &name) != 0)
        return -1;
    const struct template_value *list =
        template_find(scope, name, strlen(name));
    if (*name && !list)
        return err_set(template->err, ERR_VALUE, "no value has the name %s",
                       name);
    if (list)
        return visit_rows(template, scope, element, list, visit);
    if (is_wanted(template, scope, element, &wanted) != 0)
        return -1;
    return wanted ? visit_one(template, scope, element, visit) : 0;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
int json_template_elements(struct json_template *template,
                           const struct template_scope *scope,
                           const struct json_object *array,
                           json_template_element *visit) {
    for (size_t i = 0; i < json_length(array); i++) {
        const struct json_object *element = json_at(array, i);
        if (failed_at(template, element,
                      visit_element(template, scope, element, visit)) != 0)
            return -1;
    }
    return 0;
}

/* A value of the document, and the number of values before it. */
struct place {
    const struct json_object *value;
    size_t before;
    size_t offset;
};

/* Returns 1 at the value. NOLINTNEXTLINE(misc-no-recursion) */
static int count_value(void *context, const char *key,
                       const struct json_object *value) {
    struct place *place = context;
    (void)key;
    if (value == place->value)
        return 1;
    place->before++;
    for (size_t i = 0; i < json_length(value); i++)
        if (count_value(context, NULL, json_at(value, i)))
            return 1;
    return json_kind(value) == JSON_OBJECT
               ? json_members(value, count_value, context)
               : 0;
}

static int find_offset(void *context, const char *path, size_t offset,
                       bool repeated) {
    struct place *place = context;
    (void)path, (void)repeated;
    place->offset = offset;
    return place->before-- == 0;
}

/* Puts file and line before the message. */
static int locate(const struct json_template *template, const char *text,
                  size_t len, const struct json_object *document) {
    struct place place = {.value = template->failed};
    struct err unread;
    struct err inner = *template->err;
    if (inner.code == ERR_MEMORY || !count_value(&place, NULL, document) ||
        json_walk(text, len, find_offset, &place, &unread) < 0)
        return -1;
    err_locate(&inner, text, len, place.offset);
    return err_set(template->err, inner.code, "%s:%u: %s", template->file,
                   inner.line, inner.message);
}

int json_template_expand(struct json_template *template, const char *text,
                         size_t len, const struct template_scope *scope) {
    struct json_object *document;
    struct err inner = {.code = ERR_NONE};
    if (json_read(text, len, &document, &inner) != 0)
        return err_set(template->err, inner.code, "%s:%u: %s", template->file,
                       inner.line, inner.message);
    int result = failed_at(template, document,
                           visit_one(template, scope, document, write_element));
    if (result == 0 && template->json.out->failed)
        result = fail_memory(template);
    else if (result != 0)
        result = locate(template, text, len, document);
    json_free(document);
    return result;
}
