#include "query/operators.h"

#include "query/labels.h"

static double apply(char operator, double left, double right) {
    switch (operator) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    default:
        return left / right;
    }
}

/* Sets text to the labels of a row without the metric's name. */
static int strip_name(const struct vector_row *row, struct strbuf *text,
                      struct err *err) {
    strbuf_reset(text);
    labels_without(row->labels, row->len, "__name__", text);
    return text->failed ? err_no_memory(err) : 0;
}

static double operand(const struct vector_row *row, double number, size_t i) {
    return row ? row->values[i] : number;
}

/* Combines two rows; a NULL row is the number. */
static void combine(size_t points, char operator,
                    const struct vector_row * left, const struct value *a,
                    const struct vector_row *right, const struct value *b,
                    double *values) {
    for (size_t i = 0; i < points; i++) {
        const double x = operand(left, a->number, i);
        const double y = operand(right, b->number, i);
        values[i] =
            (left && query_is_absent(x)) || (right && query_is_absent(y))
                ? query_absent()
                : apply(operator, x, y);
    }
}

/* Indexes the rows by their labels without the name. */
static int index_rows(const struct vector *vector, struct value_set *keys,
                      struct strbuf *text, struct err *err) {
    for (size_t i = 0; i < vector->count; i++) {
        if (strip_name(&vector->rows[i], text, err) != 0)
            return -1;
        if (value_set_add(keys, strbuf_text(text), text->len) == VALUE_NONE)
            return err_no_memory(err);
        if (keys->count != i + 1)
            return err_set(err, ERR_VALUE,
                           "several series on one side of an operator have "
                           "the labels {%.200s}",
                           strbuf_text(text));
    }
    return 0;
}

static int match_rows(struct query *query, char operator,
                      const struct value * left, const struct value *right,
                      struct vector *out, double *values, struct strbuf *text,
                      struct err *err) {
    struct value_set keys = {.count = 0};
    int result = index_rows(&right->vector, &keys, text, err);
    for (size_t i = 0; i < left->vector.count && result == 0; i++) {
        const struct vector_row *row = &left->vector.rows[i];
        result = strip_name(row, text, err);
        const uint32_t found =
            result == 0 ? value_set_find(&keys, strbuf_text(text), text->len)
                        : VALUE_NONE;
        if (found == VALUE_NONE)
            continue;
        combine(query->grid.count, operator, row, left,
                &right->vector.rows[found], right, values);
        result =
            vector_add(out, query, strbuf_text(text), text->len, values, err);
    }
    value_set_free(&keys);
    return result;
}

int operator_binary(struct query *query, char operator,
                    const struct value * left, const struct value *right,
                    struct value *out, struct err *err) {
    struct strbuf text = {0};
    int result = 0;
    out->number = apply(operator, left->number, right->number);
    out->is_vector = left->is_vector || right->is_vector;
    if (!out->is_vector)
        return 0;
    double *values = query_take(query, query->grid.count, err);
    if (!values)
        return -1;
    if (left->is_vector && right->is_vector) {
        result = match_rows(query, operator, left, right, &out->vector, values,
                            &text, err);
    } else {
        const struct vector *vector =
            left->is_vector ? &left->vector : &right->vector;
        for (size_t i = 0; i < vector->count && result == 0; i++) {
            const struct vector_row *row = &vector->rows[i];
            combine(query->grid.count, operator, left->is_vector ? row : NULL,
                    left, right->is_vector ? row : NULL, right, values);
            result = strip_name(row, &text, err) == 0
                         ? vector_add(&out->vector, query, strbuf_text(&text),
                                      text.len, values, err)
                         : -1;
        }
    }
    strbuf_free(&text);
    return result;
}
