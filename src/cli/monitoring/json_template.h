/* json_template: a template that is JSON itself, so that an editor, and
 * Grafana, open it. Texts have `${name}` in them, and objects these members:
 *
 *   "#if": "a !b"   in an array: the object if the value a is there and
 *                   b is not
 *   "#each": "list" in an array: the object once for each row of the list
 *                   for which #if holds
 *   "#by": 26       and that once for up to so many rows, which are the
 *                   list `slice` in it
 *   "#let": [{"name": "text"}]
 *                   in an element of an array: more values, each made of
 *                   those before; of an object with an #if if that holds
 *   "#list": [...]  in an array: these, in place of the object
 *   "#key": "text"  the number of that text, in place of the member `key`
 */
#ifndef TALLYMAN_CLI_MONITORING_JSON_TEMPLATE_H
#define TALLYMAN_CLI_MONITORING_JSON_TEMPLATE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cli/monitoring/template.h"

struct json_template;

/* Writes a member in its own way. Returns 0, 1 without having done so, or -1
 * with err set. */
typedef int json_template_member(struct json_template *template,
                                 const struct template_scope *scope,
                                 const char *key,
                                 const struct json_object *value);

struct json_template {
    const char *file;
    struct arena *arena; /* for what lives until the end */
    struct json_writer json;
    struct err *err;
    json_template_member *member;     /* asked first */
    void *context;                    /* its own */
    const struct json_object *failed; /* NULL as long as nothing has */
};

/* Appends text[0..len), a document, with its values. The caller sets all but
 * failed. Returns -1 with err, which has file and line in its message. */
int json_template_expand(struct json_template *template, const char *text,
                         size_t len, const struct template_scope *scope);

/* For member functions. Each returns -1 with err set. */

/* Writes a value as the document has it. */
int json_template_write(struct json_template *template,
                        const struct template_scope *scope, const char *key,
                        const struct json_object *value);

/* Calls visit for each element of an array, as #if and the like say. */
typedef int json_template_element(struct json_template *template,
                                  const struct template_scope *scope,
                                  const struct json_object *element);
int json_template_elements(struct json_template *template,
                           const struct template_scope *scope,
                           const struct json_object *array,
                           json_template_element *visit);

/* A string with its values; it lives as long as the arena. */
int json_template_text(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *string, const char **text);

/* The number of the member `#key`, or of the member `key` without it. */
int json_template_number(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *object, const char *key,
                         double *number);

#endif
