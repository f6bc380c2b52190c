/* result: the rows of a query as a table, JSON or CSV. */
#ifndef TALLYMAN_CLI_LOOK_RESULT_H
#define TALLYMAN_CLI_LOOK_RESULT_H

#include <stdbool.h>
#include <stdio.h>

#include "store/db.h"

/* Print what is left of the statement's rows. Return -1 with err set; what was
 * printed until then stands. */

/* An aligned table with heads; its text is made visible. */
int result_print_table(struct db_statement *statement, bool utf8, FILE *out,
                       struct err *err);

/* One JSON array of objects, an object a line, with the columns as keys. */
int result_print_json(struct db_statement *statement, FILE *out,
                      struct err *err);

/* RFC 4180 with line feeds, and a first line of heads. terminal: text is made
 * visible, which no program should read. */
int result_print_csv(struct db_statement *statement, bool terminal, FILE *out,
                     struct err *err);

#endif
