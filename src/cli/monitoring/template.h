/* template: a text with placeholders for values, as the files of templates/.
 *
 *   ${name}        the value; `$${` is a literal `${`
 *   #if a !b       the lines up to #end, if the value a is set and not empty,
 *                  and b is not
 *   #else
 *   #each name     the lines up to #end once for each row of the list; the
 *                  values of a row hide outer ones
 *   #each name a b c
 *                  once for each word, which is the value ${name}
 *   #end
 *
 * A directive has a line of its own. To an editor it is a comment of YAML.
 */
#ifndef TALLYMAN_CLI_MONITORING_TEMPLATE_H
#define TALLYMAN_CLI_MONITORING_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct template_value;

/* The last value has no name. */
struct template_row {
    const struct template_value *values;
};

struct template_value {
    const char *name;                /* letters, digits and underscores */
    const char *text;                /* NULL or "": #if is false */
    const struct template_row *rows; /* of a list; then text is NULL */
    size_t row_count;
};

/* Its values hide those of the same name in outer scopes. */
struct template_scope {
    const struct template_value *values;
    const struct template_scope *around; /* the next outer scope, or NULL */
};

/* The innermost value of that name; or NULL. */
const struct template_value *template_find(const struct template_scope *scope,
                                           const char *name, size_t len);

/* Whether all conditions hold: names of values that must be set, or must not be
 * set if preceded by !. Returns -1 with ERR_VALUE for an unknown name. */
int template_holds(const struct template_scope *scope, const char *conditions,
                   size_t len, bool *holds, struct err *err);

/* Appends text[0..len) with its values filled in. Returns -1 with ERR_SYNTAX
 * for a malformed directive, ERR_VALUE for an unknown name, or ERR_MEMORY.
 * Messages have file and line unless file is NULL. */
int template_expand(const char *file, const char *text, size_t len,
                    const struct template_scope *scope, struct strbuf *out,
                    struct err *err);

#endif
