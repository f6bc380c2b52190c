#include "query/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "query/answer.h"
#include "query/labels.h"
#include "query/metrics.h"

/* Upper bound of the distinct texts of a list. */
enum { CATALOG_MAX = 1000000 };

struct catalog {
    const struct query_source *source;
    const struct catalog_request *request;
    const struct family *family;
    char names[3][METRIC_NAME_SIZE]; /* of its metrics that can match */
    enum metric_part parts[3];
    size_t name_count;
    bool bounds; /* the list depends on the label le */
    struct value_set found;
    struct label_memo memo;
    struct strbuf text;
    struct strbuf full;
    struct strbuf scratch;
    size_t visited;
    struct err *err;
};

static int check(struct catalog *catalog) {
    return (catalog->visited++ & 15) == 0
               ? query_check(catalog->source, catalog->err)
               : 0;
}

static int add(struct catalog *catalog, const char *text, size_t len) {
    if (catalog->found.count >= CATALOG_MAX)
        return err_set(catalog->err, ERR_LIMIT,
                       "there are more than %d; restrict them with match[]",
                       CATALOG_MAX);
    return value_set_add(&catalog->found, text, len) == VALUE_NONE
               ? err_no_memory(catalog->err)
               : 0;
}

/* Adds the series whose label set, with __name__, is in catalog->full. */
static int add_series(struct catalog *catalog) {
    const struct catalog_request *request = catalog->request;
    const struct strbuf *full = &catalog->full;
    const char *at = full->data;
    struct label_part part;
    if (full->failed)
        return err_no_memory(catalog->err);
    if (request->kind == CATALOG_SERIES)
        return add(catalog, full->data, full->len);
    if (request->kind == CATALOG_VALUES) {
        if (!labels_find(full->data, full->len, request->label, &part))
            return 0;
        strbuf_reset(&catalog->scratch);
        labels_unescape(&part, &catalog->scratch);
        return catalog->scratch.failed
                   ? err_no_memory(catalog->err)
                   : add(catalog, strbuf_text(&catalog->scratch),
                         catalog->scratch.len);
    }
    while (labels_next(&at, full->data + full->len, &part))
        if (add(catalog, part.name, part.name_len) != 0)
            return -1;
    return 0;
}

static bool is_selected(struct catalog *catalog, const char *name,
                        const struct strbuf *text) {
    const struct catalog_request *request = catalog->request;
    for (size_t i = 0; i < request->selector_count; i++) {
        const struct selector *selector = request->selectors[i];
        if ((!selector->metric || strcmp(selector->metric, name) == 0) &&
            labels_permitted(selector, name, NULL, strbuf_text(text), text->len,
                             &catalog->scratch))
            return true;
    }
    return request->selector_count == 0;
}

/* Adds a series of the metric unless the selectors exclude it. */
static int add_if_selected(struct catalog *catalog, const char *name,
                           const struct strbuf *text) {
    if (check(catalog) != 0)
        return -1;
    if (text->failed || !is_selected(catalog, name, text))
        return text->failed || catalog->scratch.failed
                   ? err_no_memory(catalog->err)
                   : 0;
    strbuf_reset(&catalog->full);
    labels_with(strbuf_text(text), text->len, "__name__", name, &catalog->full);
    return add_series(catalog);
}

static int add_buckets(struct catalog *catalog, const char *name) {
    const struct family *family = catalog->family;
    const size_t count = catalog->bounds ? family->bound_count + 1 : 1;
    for (size_t i = 0; i < count; i++) {
        char bound[NUMBER_SIZE];
        (void)number_format(family_bound(family, i), bound);
        strbuf_reset(&catalog->text);
        labels_with(strbuf_text(&catalog->memo.text), catalog->memo.text.len,
                    "le", bound, &catalog->text);
        if (add_if_selected(catalog, name, &catalog->text) != 0)
            return -1;
    }
    return 0;
}

static int visit_series(void *context, const struct series *series) {
    struct catalog *catalog = context;
    const int found = labels_read(&catalog->memo, series->labels,
                                  series->labels_len, catalog->err);
    if (found != 1)
        return found;
    for (size_t i = 0; i < catalog->name_count; i++) {
        const char *name = catalog->names[i];
        if ((catalog->parts[i] == PART_BUCKET
                 ? add_buckets(catalog, name)
                 : add_if_selected(catalog, name, &catalog->memo.text)) != 0)
            return -1;
    }
    return 0;
}

/* True if a selector can match series of the metric. */
static bool name_may_match(const struct catalog_request *request,
                           const char *name) {
    for (size_t i = 0; i < request->selector_count; i++) {
        const struct selector *selector = request->selectors[i];
        bool permitted =
            !selector->metric || strcmp(selector->metric, name) == 0;
        for (size_t j = 0; j < selector->matcher_count && permitted; j++)
            if (strcmp(selector->matchers[j].label, "__name__") == 0)
                permitted =
                    matcher_permits(&selector->matchers[j], name, strlen(name));
        if (permitted)
            return true;
    }
    return request->selector_count == 0;
}

static int visit_family(void *context, const struct family *family) {
    struct catalog *catalog = context;
    enum metric_part part;
    catalog->family = family;
    catalog->name_count = 0;
    for (size_t i = 0;
         metrics_name(family, i, catalog->names[catalog->name_count], &part);
         i++)
        if (name_may_match(catalog->request,
                           catalog->names[catalog->name_count]))
            catalog->parts[catalog->name_count++] = part;
    return catalog->name_count > 0
               ? reader_series(catalog->source->reader, family, SERIES_TOTALS,
                               visit_series, catalog, catalog->err)
               : 0;
}

static bool bounds_matter(const struct catalog_request *request) {
    if (request->kind == CATALOG_SERIES ||
        (request->kind == CATALOG_VALUES && strcmp(request->label, "le") == 0))
        return true;
    for (size_t i = 0; i < request->selector_count; i++)
        for (size_t j = 0; j < request->selectors[i]->matcher_count; j++)
            if (strcmp(request->selectors[i]->matchers[j].label, "le") == 0)
                return true;
    return false;
}

static int compare_texts(const void *a, const void *b) {
    const struct value_text *left = a;
    const struct value_text *right = b;
    return strcmp(left->text, right->text);
}

/* Writes the texts in order. Sorting breaks the set. */
static int write_found(struct catalog *catalog, struct strbuf *out) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    const size_t limit = catalog->request->limit;
    const size_t count = catalog->found.count;
    answer_open(&json, '[');
    catalog->visited = 0;
    if (count > 0)
        qsort(catalog->found.values, count, sizeof(*catalog->found.values),
              compare_texts);
    for (size_t i = 0; i < count && (limit == 0 || i < limit); i++) {
        const struct value_text *value = &catalog->found.values[i];
        if (check(catalog) != 0)
            return -1;
        if (catalog->request->kind == CATALOG_SERIES)
            labels_write(&json, NULL, value->text, value->len,
                         &catalog->scratch);
        else
            json_writer_text(&json, NULL, value->text, value->len);
    }
    json_writer_close(&json, ']');
    if (limit > 0 && count > limit) {
        json_writer_open(&json, "warnings", '[');
        json_writer_string(&json, NULL, "results truncated due to limit");
        json_writer_close(&json, ']');
    }
    json_writer_close(&json, '}');
    return 0;
}

int catalog_answer(const struct query_source *source,
                   const struct catalog_request *request, struct strbuf *out,
                   struct err *err) {
    struct catalog catalog = {.source = source,
                              .request = request,
                              .bounds = bounds_matter(request),
                              .err = err};
    int result = metrics_families(source, visit_family, &catalog, err);
    if (result == 0)
        result = write_found(&catalog, out);
    if (result == 0 && (out->failed || catalog.scratch.failed))
        result = err_no_memory(err);
    value_set_free(&catalog.found);
    label_memo_free(&catalog.memo);
    strbuf_free(&catalog.text);
    strbuf_free(&catalog.full);
    strbuf_free(&catalog.scratch);
    return result;
}

struct metadata {
    const char *metric;
    size_t left;
    struct json_writer json;
};

static int describe(void *context, const struct family *family) {
    struct metadata *metadata = context;
    struct json_writer *json = &metadata->json;
    if (metadata->metric && strcmp(metadata->metric, family->name) != 0)
        return 0;
    if (metadata->left-- == 0)
        return 1;
    json_writer_open(json, family->name, '[');
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "type", metric_types[family->type].openmetrics);
    json_writer_string(json, "help", family->help);
    json_writer_string(json, "unit", family->unit);
    if (family->queried)
        json_writer_boolean(json, "queried", true);
    json_writer_close(json, '}');
    json_writer_close(json, ']');
    return 0;
}

int catalog_metadata(const struct query_source *source, const char *metric,
                     size_t limit, struct strbuf *out, struct err *err) {
    struct metadata metadata = {.metric = metric,
                                .left = limit > 0 ? limit : SIZE_MAX,
                                .json = {.out = out,
                                         .layout = JSON_COMPACT,
                                         .escape = JSON_ESCAPE_HIDDEN}};
    answer_open(&metadata.json, '{');
    int result = metrics_families(source, describe, &metadata, err);
    json_writer_close(&metadata.json, '}');
    json_writer_close(&metadata.json, '}');
    if (result >= 0 && out->failed)
        result = err_no_memory(err);
    return result < 0 ? -1 : 0;
}
