#include "store/sql_states.h"

#include "store/reading.h"

int reader_sql_states(struct reader *reader, sql_state_visit *visit,
                      void *context, struct err *err) {
    int result;
    size_t len;
    struct db_statement *row = reader->sql.sql_states_list;
    while ((result = db_step(row, err)) == 1) {
        const struct sql_state state = {.name = db_text(row, 0, &len),
                                        .started_at = db_real(row, 1),
                                        .runs = db_real(row, 2),
                                        .errors = db_real(row, 3),
                                        .succeeded_at = db_real(row, 4),
                                        .seconds = db_real(row, 5),
                                        .error = db_text(row, 6, &len)};
        if ((result = visit(context, &state)) != 0)
            break;
    }
    db_reset(row);
    return result;
}
