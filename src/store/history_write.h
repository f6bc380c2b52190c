/* history_write: adds growth to the periods of the history. */
#ifndef TALLYMAN_STORE_HISTORY_WRITE_H
#define TALLYMAN_STORE_HISTORY_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/history_reader.h"
#include "store/history_value.h"

struct store;

/* Approximate size of a row without its text: the keys, the cell and a share of
 * the unused page space. */
enum { HISTORY_ROW_BYTES = 24 };

/* The time span of a row of that level; rows of hours span a day. */
static inline int64_t history_row_seconds(int level) {
    return level == HISTORY_STEP ? HISTORY_STEP_SECONDS : HISTORY_DAY_SECONDS;
}

/* A period of a series. */
struct history_place {
    int64_t series;
    const struct family *family; /* only its type and number of bounds */
    enum history_level level;
    int64_t at; /* Unix seconds within the period */
    bool keep;  /* a stored value of a gauge stays */
};

/* Adds the growth to the period. */
int history_add(struct store *store, const struct history_place *place,
                const struct history_value *growth, struct err *err);

/* Writes the first copy of totals of the series from..to, by id, and deletes
 * the copy. Returns 1; 0 when there is none; -1 on error. */
int history_write_first(struct store *store, int64_t from, int64_t to,
                        struct err *err);

/* Writes all copies of the series from..to. */
int history_write_all(struct store *store, int64_t from, int64_t to,
                      struct err *err);

#endif
