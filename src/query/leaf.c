#include "query/leaf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"
#include "metrics/histogram.h"
#include "query/labels.h"
#include "query/metrics.h"

/* A series, or the sum of a group. A part is a bucket of a histogram, or the
 * only value. */
struct leaf_row {
    const char *labels;
    size_t len;
    int64_t created_at; /* of the oldest series */
    int64_t updated_at;
    double *cells;  /* parts * cells: the growth or the last value */
    double *totals; /* parts: the current totals */
    double before;  /* gauge: the value before all cells */
};

struct leaf {
    struct query *query;
    const struct expression *expression;
    const struct grouping *grouping;
    enum timeline_use use;
    struct metric metric;
    struct timeline timeline;
    size_t parts;
    size_t cells;
    struct value_set keys; /* of groups */
    struct leaf_row *rows;
    size_t row_count;
    uint32_t *series; /* the row of each series of the family, in the order of
                         reading */
    size_t series_count;
    /* While the history is read: */
    const struct segment *segment;
    size_t at;            /* number of series visited */
    struct leaf_row *row; /* of the series; NULL: not selected */
    size_t cell;          /* of its last period */
    struct label_memo memo;
    struct strbuf text;
    struct strbuf scratch;
    struct err *err;
};

#define NO_ROW UINT32_MAX

/* --- the rows ------------------------------------------------------------- */

static struct leaf_row *append_row(struct leaf *leaf) {
    struct leaf_row *rows =
        list_grow(leaf->rows, leaf->row_count, sizeof(*rows));
    if (!rows)
        return NULL;
    leaf->rows = rows;
    return &rows[leaf->row_count++];
}

static int make_row(struct leaf *leaf, const char *labels, size_t len) {
    struct query *query = leaf->query;
    struct leaf_row *row = append_row(leaf);
    const char *copy = arena_copy(&query->arena, len > 0 ? labels : "", len);
    if (!row || !copy)
        return err_no_memory(leaf->err);
    *row = (struct leaf_row){.labels = copy,
                             .len = len,
                             .created_at = INT64_MAX,
                             .before = query_absent()};
    row->cells = query_take(query, leaf->parts * (leaf->cells + 1), leaf->err);
    if (!row->cells)
        return -1;
    row->totals = row->cells + leaf->parts * leaf->cells;
    for (size_t i = 0; leaf->use == TIMELINE_LAST && i < leaf->cells; i++)
        row->cells[i] = query_absent();
    return 0;
}

/* Sets leaf->row for the series whose labels are in the memo. */
static int find_row(struct leaf *leaf) {
    const struct strbuf *text = &leaf->memo.text;
    uint32_t index = (uint32_t)leaf->row_count;
    if (leaf->grouping) {
        strbuf_reset(&leaf->text);
        labels_group(leaf->grouping, true, text->data, text->len, &leaf->text);
        text = &leaf->text;
        index = value_set_add(&leaf->keys, strbuf_text(text), text->len);
        if (index == VALUE_NONE || text->failed)
            return err_no_memory(leaf->err);
    }
    if (index == leaf->row_count && make_row(leaf, text->data, text->len) != 0)
        return -1;
    leaf->row = &leaf->rows[index];
    return 0;
}

static const double *values_of(const struct leaf *leaf, const double *value,
                               const double *sum, const double *count,
                               const double *buckets) {
    switch (leaf->metric.part) {
    case PART_VALUE:
        return value;
    case PART_BUCKET:
        return buckets;
    case PART_SUM:
        return sum;
    case PART_COUNT:
        break;
    }
    return count;
}

static void add_totals(struct leaf *leaf, const struct history_series *series) {
    struct leaf_row *row = leaf->row;
    const double *totals = values_of(leaf, &series->value, &series->sum,
                                     &series->count, series->buckets);
    if (series->created_at < row->created_at)
        row->created_at = series->created_at;
    if (series->updated_at > row->updated_at)
        row->updated_at = series->updated_at;
    for (size_t i = 0; totals && i < leaf->parts; i++)
        row->totals[i] += totals[i];
    if (leaf->use == TIMELINE_LAST && !(series->count > 0))
        row->totals[0] = query_absent();
}

static int remember_row(struct leaf *leaf) {
    uint32_t *series =
        list_grow(leaf->series, leaf->series_count, sizeof(*series));
    if (!series)
        return err_no_memory(leaf->err);
    leaf->series = series;
    series[leaf->series_count++] =
        leaf->row ? (uint32_t)(leaf->row - leaf->rows) : NO_ROW;
    return 0;
}

/* Series with damaged labels have no row. */
static int begin_series(struct leaf *leaf,
                        const struct history_series *series) {
    const struct selector *selector = &leaf->expression->selector;
    const char *but = leaf->metric.part == PART_BUCKET ? "le" : NULL;
    const size_t place = leaf->at++;
    leaf->row = NULL;
    leaf->cell = 0;
    if ((place & 15) == 0 && query_check(leaf->query->source, leaf->err) != 0)
        return -1;
    if (place < leaf->series_count) {
        if (leaf->series[place] != NO_ROW)
            leaf->row = &leaf->rows[leaf->series[place]];
        return 0;
    }
    const int found =
        labels_read(&leaf->memo, series->labels, series->labels_len, leaf->err);
    if (found < 0)
        return -1;
    if (found == 1 &&
        labels_permitted(selector, selector->metric, but, leaf->memo.text.data,
                         leaf->memo.text.len, &leaf->scratch)) {
        if (find_row(leaf) != 0)
            return -1;
        add_totals(leaf, series);
    } else if (leaf->scratch.failed) {
        return err_no_memory(leaf->err);
    }
    return remember_row(leaf);
}

/* --- the periods ---------------------------------------------------------- */

static void add_growth(struct leaf *leaf, const struct history_growth *growth) {
    const int64_t *edges = leaf->timeline.edges;
    struct leaf_row *row = leaf->row;
    if (growth->at < leaf->segment->from || growth->at < edges[0]) {
        /* A gauge's earlier value; another segment is more precise. */
        if (leaf->segment == leaf->timeline.segments)
            row->before = growth->value;
        return;
    }
    while (leaf->cell + 1 < leaf->cells && growth->at >= edges[leaf->cell + 1])
        leaf->cell++;
    if (leaf->cells == 0 || growth->at >= edges[leaf->cell + 1])
        return;
    double *cell = &row->cells[leaf->cell];
    const double *values = values_of(leaf, &growth->value, &growth->sum,
                                     &growth->count, growth->buckets);
    if (leaf->use == TIMELINE_LAST) {
        *cell = *values;
        return;
    }
    for (size_t i = 0; values && i < leaf->parts; i++)
        cell[i * leaf->cells] += values[i];
}

static int take_history(void *context, const struct history_series *series,
                        const struct history_growth *growth) {
    struct leaf *leaf = context;
    if (!growth)
        return begin_series(leaf, series);
    if (leaf->row)
        add_growth(leaf, growth);
    return 0;
}

static int read_rows(struct leaf *leaf) {
    const struct timeline *timeline = &leaf->timeline;
    int result = 0;
    for (size_t i = 0; i < timeline->segment_count && result == 0; i++) {
        leaf->segment = &timeline->segments[i];
        leaf->at = 0;
        result =
            reader_history(leaf->query->source->reader, leaf->metric.family,
                           leaf->segment->level, leaf->segment->from,
                           leaf->segment->to, take_history, leaf, leaf->err);
    }
    return result;
}

/* --- the points ----------------------------------------------------------- */

/* Sums of a sliding window whose ends mostly move forward. For each cell before
 * mid, the sum from it to mid is kept. Without subtraction, a sum of zeros is
 * exactly zero. */
struct sliding {
    const double *cells;
    double *sums; /* of cells[i..mid) */
    size_t from;  /* of sums */
    size_t mid;
    size_t end;
    double front; /* of cells[mid..end) */
};

static double slide(struct sliding *sliding, size_t lo, size_t hi) {
    if (lo >= sliding->mid || lo < sliding->from || hi < sliding->end) {
        double sum = 0;
        for (size_t i = hi; i > lo; i--)
            sliding->sums[i - 1] = sum += sliding->cells[i - 1];
        sliding->from = lo;
        sliding->mid = sliding->end = hi;
        sliding->front = 0;
    }
    while (sliding->end < hi)
        sliding->front += sliding->cells[sliding->end++];
    return (lo < sliding->mid ? sliding->sums[lo] : 0) + sliding->front;
}

static void fill_growth(const struct leaf *leaf, const double *cells,
                        double *sums, double *values) {
    struct sliding sliding = {.cells = cells, .sums = sums};
    for (size_t i = 0; i < leaf->query->grid.count; i++) {
        const struct window *window = &leaf->timeline.windows[i];
        values[i] = window->lo < window->hi
                        ? slide(&sliding, window->lo, window->hi)
                        : 0;
        if (leaf->expression->per_second)
            values[i] = window->seconds > 0 ? values[i] / window->seconds : 0;
    }
}

/* Computes past totals: the current total minus the later growth. */
static void fill_totals(const struct leaf *leaf, const double *cells,
                        double total, double *values) {
    size_t cell = leaf->cells;
    double since = 0;
    for (size_t i = leaf->query->grid.count; i-- > 0;) {
        while (cell > leaf->timeline.windows[i].hi)
            since += cells[--cell];
        values[i] = number_without_noise(total - since, total);
    }
}

static void fill_last(const struct leaf *leaf, const struct leaf_row *row,
                      double *values) {
    double last = row->before;
    size_t cell = 0;
    for (size_t i = 0; i < leaf->query->grid.count; i++) {
        const uint32_t edge = leaf->timeline.windows[i].hi;
        for (; cell < edge; cell++)
            if (!query_is_absent(row->cells[cell]))
                last = row->cells[cell];
        values[i] = leaf->timeline.edges[edge] > row->updated_at
                        ? row->totals[0]
                        : last;
        /* The query's result did not contain the series. */
        if (leaf->metric.family->queried && isnan(values[i]))
            values[i] = query_absent();
    }
}

/* Clears values from before the series began, and where the past is unknown. A
 * total is known if it has not changed since. */
static void clear_unknown(struct leaf *leaf, const struct leaf_row *row,
                          double *values) {
    const int64_t begin = leaf->query->reach.begin;
    const bool total = leaf->use == TIMELINE_TOTAL;
    const bool older = row->created_at < begin;
    if (leaf->use == TIMELINE_LAST)
        return;
    for (size_t i = 0; i < leaf->query->grid.count; i++) {
        const struct window *window = &leaf->timeline.windows[i];
        const int64_t edge = leaf->timeline.edges[window->hi];
        if (edge <= row->created_at ||
            (total && begin == INT64_MIN && edge <= row->updated_at) ||
            (older && edge <= begin && !(total && edge > row->updated_at)))
            values[i] = query_absent();
        if (older && !total && leaf->timeline.edges[window->lo] < begin)
            leaf->query->warnings.begins = true;
    }
}

static const char *bound_text(const struct family *family, size_t bucket,
                              char out[NUMBER_SIZE]) {
    (void)number_format(family_bound(family, bucket), out);
    return out;
}

/* True if the matchers of the label le permit the bucket. */
static bool bucket_selected(const struct leaf *leaf, size_t bucket) {
    const struct selector *selector = &leaf->expression->selector;
    char bound[NUMBER_SIZE];
    (void)bound_text(leaf->metric.family, bucket, bound);
    for (size_t i = 0; i < selector->matcher_count; i++)
        if (strcmp(selector->matchers[i].label, "le") == 0 &&
            !matcher_permits(&selector->matchers[i], bound, strlen(bound)))
            return false;
    return true;
}

/* Writes the labels of a part of a row, with the metric's name unless the value
 * is growth. Returns -1 if memory ran out. */
static int name_part(struct leaf *leaf, const struct leaf_row *row,
                     size_t part) {
    char bound[NUMBER_SIZE];
    struct strbuf *bare = &leaf->scratch;
    strbuf_reset(bare);
    strbuf_reset(&leaf->text);
    if (leaf->metric.part == PART_BUCKET)
        labels_with(row->labels, row->len, "le",
                    bound_text(leaf->metric.family, part, bound), bare);
    else
        strbuf_add(bare, row->labels, row->len);
    if (leaf->expression->kind == EXPRESSION_SELECTOR)
        labels_with(strbuf_text(bare), bare->len, "__name__",
                    leaf->expression->selector.metric, &leaf->text);
    else
        strbuf_add(&leaf->text, strbuf_text(bare), bare->len);
    return bare->failed || leaf->text.failed ? err_no_memory(leaf->err) : 0;
}

/* The history stores the count of each bucket; metrics are cumulative. */
static void cumulate(const struct leaf *leaf, struct leaf_row *row) {
    for (size_t part = 1; part < leaf->parts; part++) {
        double *cells = row->cells + part * leaf->cells;
        const double *lower = cells - leaf->cells;
        for (size_t i = 0; i < leaf->cells; i++)
            cells[i] += lower[i];
        row->totals[part] += row->totals[part - 1];
    }
}

static int show_part(struct leaf *leaf, struct leaf_row *row, size_t part,
                     double *values, row_visit *visit, void *context) {
    const double *cells = row->cells + part * leaf->cells;
    double *sums = values + leaf->query->grid.count;
    if (leaf->metric.part == PART_BUCKET && !bucket_selected(leaf, part))
        return 0;
    switch (leaf->use) {
    case TIMELINE_GROWTH:
    case TIMELINE_RATE:
        fill_growth(leaf, cells, sums, values);
        break;
    case TIMELINE_TOTAL:
        fill_totals(leaf, cells, row->totals[part], values);
        break;
    case TIMELINE_LAST:
        fill_last(leaf, row, values);
        break;
    }
    clear_unknown(leaf, row, values);
    if (name_part(leaf, row, part) != 0)
        return -1;
    return visit(context, strbuf_text(&leaf->text), leaf->text.len, values,
                 leaf->err);
}

static int show_rows(struct leaf *leaf, row_visit *visit, void *context) {
    int result = 0;
    double *values = query_take(
        leaf->query, leaf->query->grid.count + leaf->cells, leaf->err);
    if (!values)
        return -1;
    for (size_t i = 0; i < leaf->row_count && result == 0; i++) {
        cumulate(leaf, &leaf->rows[i]);
        for (size_t part = 0; part < leaf->parts && result == 0; part++)
            result = query_check(leaf->query->source, leaf->err) == 0
                         ? show_part(leaf, &leaf->rows[i], part, values, visit,
                                     context)
                         : -1;
    }
    return result;
}

/* --- all of it ------------------------------------------------------------ */

static enum timeline_use use_of(const struct expression *expression,
                                const struct metric *metric) {
    if (expression->kind == EXPRESSION_GROWTH)
        return expression->per_second ? TIMELINE_RATE : TIMELINE_GROWTH;
    return metric_shape(metric->family->type) == SHAPE_VALUE ? TIMELINE_LAST
                                                             : TIMELINE_TOTAL;
}

/* Refuses the growth of a gauge. */
static int check_growth(const struct leaf *leaf) {
    const struct family *family = leaf->metric.family;
    const char *function = leaf->expression->per_second ? "rate" : "increase";
    if (leaf->expression->kind != EXPRESSION_GROWTH)
        return 0;
    if (metric_shape(family->type) == SHAPE_VALUE)
        return err_set(leaf->err, ERR_VALUE,
                       "%s requires a counter or a part of a histogram or "
                       "summary; %s is of type %s",
                       function, family->name, metric_type_name(family->type));
    if (leaf->query->reach.begin == INT64_MIN)
        return err_set(leaf->err, ERR_VALUE,
                       "%s requires the history of the totals, but `history` "
                       "is off in the configuration",
                       function);
    return 0;
}

static int read_all(struct leaf *leaf, row_visit *visit, void *context) {
    struct query *query = leaf->query;
    const struct selector *selector = &leaf->expression->selector;
    leaf->use = use_of(leaf->expression, &leaf->metric);
    leaf->parts = leaf->metric.part == PART_BUCKET
                      ? leaf->metric.family->bound_count + 1
                      : 1;
    if (check_growth(leaf) != 0)
        return -1;
    if (timeline_make(&leaf->timeline, &query->grid, &query->reach, leaf->use,
                      selector->range_ms, selector->offset_ms,
                      &query->arena) != 0)
        return err_no_memory(leaf->err);
    leaf->cells = leaf->timeline.edge_count - 1;
    query->warnings.widened |= leaf->timeline.widened;
    if (leaf->timeline.rounded > query->warnings.rounded)
        query->warnings.rounded = leaf->timeline.rounded;
    int result = read_rows(leaf);
    return result == 0 ? show_rows(leaf, visit, context) : result;
}

int leaf_read(struct query *query, const struct expression *expression,
              const struct grouping *grouping, row_visit *visit, void *context,
              struct err *err) {
    struct leaf leaf = {
        .query = query,
        .expression = expression,
        .grouping = expression->kind == EXPRESSION_GROWTH ? grouping : NULL,
        .err = err};
    int result =
        metrics_find(query, expression->selector.metric, &leaf.metric, err);
    if (result == 0 && leaf.metric.family)
        result = read_all(&leaf, visit, context);
    value_set_free(&leaf.keys);
    free(leaf.rows);
    free(leaf.series);
    label_memo_free(&leaf.memo);
    strbuf_free(&leaf.text);
    strbuf_free(&leaf.scratch);
    return result;
}
