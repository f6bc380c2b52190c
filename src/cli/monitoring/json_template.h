/* json_template: a template that is valid JSON, so editors and Grafana can open
 * it. Texts may contain `${name}`, and objects these members:
 *
 *   "#if": "a !b"   in an array: the object, if the value a is set and b is
 *                   not
 *   "#each": "list" in an array: the object once for each row of the list
 *                   for which #if holds
 *   "#by": 26       with #each: once for up to so many rows, which form the
 *                   list `slice`
 *   "#let": [{"name": "text"}]
 *                   in an element of an array: further values, which may use
 *                   earlier ones; of an object with #if, if that holds
 *   "#list": [...]  in an array: these elements, in place of the object
 *   "#key": "text"  the number of that text, in place of the member `key`
 */
#ifndef TALLYMAN_CLI_MONITORING_JSON_TEMPLATE_H
#define TALLYMAN_CLI_MONITORING_JSON_TEMPLATE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cli/monitoring/template.h"

struct json_template;

/* Writes a member in a special way. Returns 0; 1 if the member needs none; -1
 * with err set. */
typedef int json_template_member(struct json_template *template,
                                 const struct template_scope *scope,
                                 const char *key,
                                 const struct json_object *value);

struct json_template {
    const char *file;
    struct arena *arena; /* for results that live until the end */
    struct json_writer json;
    struct err *err;
    json_template_member *member;     /* asked first */
    void *context;                    /* its own */
    const struct json_object *failed; /* the value at fault, or NULL */
};

/* Appends the document text[0..len) with its values filled in. The caller sets
 * all members but failed. Returns -1 with err, whose message has file and line.
 */
int json_template_expand(struct json_template *template, const char *text,
                         size_t len, const struct template_scope *scope);

/* For member functions. Each returns -1 with err set. */

/* Writes a value as the document has it. */
int json_template_write(struct json_template *template,
                        const struct template_scope *scope, const char *key,
                        const struct json_object *value);

/* Calls visit for each element of an array, and applies its directives. */
typedef int json_template_element(struct json_template *template,
                                  const struct template_scope *scope,
                                  const struct json_object *element);
int json_template_elements(struct json_template *template,
                           const struct template_scope *scope,
                           const struct json_object *array,
                           json_template_element *visit);

/* Expands the string; the result lives as long as the arena. */
int json_template_text(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *string, const char **text);

/* Reads the member `#key`, or else the member `key`. */
int json_template_number(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *object, const char *key,
                         double *number);

#endif
