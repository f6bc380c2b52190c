/* template: a file with places for values, as those below templates/.
 *
 *   ${name}        the value; `$${` stands for `${`
 *   #if name       the lines up to #end, if the value is there and not empty,
 *   #if !name      or if it is not
 *   #else
 *   #each name     the lines up to #end once for each row of the list; what
 *                  the row has comes before what is around it
 *   #end
 *
 * A directive has a line of its own. An editor takes it for a comment of YAML.
 * A value of several lines that is alone on its line keeps its indentation. */
#ifndef TALLYMAN_CLI_MONITORING_TEMPLATE_H
#define TALLYMAN_CLI_MONITORING_TEMPLATE_H

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

/* Appends text[0..len) with its values. Returns -1 with ERR_SYNTAX for a
 * directive that is wrong, ERR_VALUE for a name that values do not have, each
 * with file and line in the message, or with ERR_MEMORY. */
int template_expand(const char *file, const char *text, size_t len,
                    const struct template_value *values, struct strbuf *out,
                    struct err *err);

#endif
