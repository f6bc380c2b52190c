/* template: a file with places for values, as those below templates/.
 *
 *   ${name}        the value; `$${` is a literal `${`
 *   #if a !b       the lines up to #end, if the value a is there and not empty,
 *                  and b is not
 *   #else
 *   #each name     the lines up to #end once for each row of the list; what
 *                  the row has comes before what is around it
 *   #each name a b c
 *                  once for each of the words, which is then ${name}
 *   #end
 *
 * A directive has a line of its own. An editor takes it for a comment of YAML.
 */
#ifndef TALLYMAN_CLI_MONITORING_TEMPLATE_H
#define TALLYMAN_CLI_MONITORING_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct template_value;

/* Values up to one without a name. */
struct template_row {
    const struct template_value *values;
};

struct template_value {
    const char *name;                /* letters, digits and underscores */
    const char *text;                /* NULL or "": #if leaves its lines out */
    const struct template_row *rows; /* of a list; then text is NULL */
    size_t row_count;
};

/* Values, which hide those of the same name in outer scopes. */
struct template_scope {
    const struct template_value *values;
    const struct template_scope *around; /* NULL for the outermost */
};

/* The innermost value of that name, NULL without one. */
const struct template_value *template_find(const struct template_scope *scope,
                                           const char *name, size_t len);

/* Whether all conditions hold: names of values that must be there, or with !
 * in front must not be. Returns -1 with ERR_VALUE for a name that no value
 * has. */
int template_holds(const struct template_scope *scope, const char *conditions,
                   size_t len, bool *holds, struct err *err);

/* Appends text[0..len) with its values. Returns -1 with ERR_SYNTAX for a
 * directive that is wrong, ERR_VALUE for a name that no value has, each with
 * file and line in the message unless file is NULL, or with ERR_MEMORY. */
int template_expand(const char *file, const char *text, size_t len,
                    const struct template_scope *scope, struct strbuf *out,
                    struct err *err);

#endif
