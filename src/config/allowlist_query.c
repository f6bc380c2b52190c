#include "config/allowlist_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/allowlist_label.h"

static const char *copy_buffer(struct place *place, struct strbuf *text) {
    const char *copy =
        text->failed ? NULL : place_copy_text(place, text->data, text->len);
    place->registry->failed |= text->failed;
    strbuf_free(text);
    return copy;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_label(const struct sql_query *query, const char *name) {
    for (size_t i = 0; i < query->label_count; i++)
        if (strcmp(query->labels[i], name) == 0)
            return true;
    return false;
}

static void add_label(struct place *place, size_t index,
                      const struct json_object *value,
                      struct sql_query *query) {
    char member[32];
    size_t len = 0;
    (void)snprintf(member, sizeof(member), "labels[%zu]", index);
    if (json_kind(value) != JSON_STRING) {
        place_report(place, member, "is %s, must be the name of a column",
                     json_kind_name(json_kind(value)));
        return;
    }
    const char *text = json_string(value, &len);
    const char *name = allowlist_label_name(place, member, text, len);
    if (name && has_label(query, name))
        place_report(place, member,
                     "\"%.250s\" is listed twice, must appear once", name);
    else if (name)
        query->labels[query->label_count++] = name;
}

static void read_labels(struct place *place, const struct json_object *object,
                        struct sql_query *query) {
    const struct json_object *array = allowlist_labels_array(place, object);
    size_t count = array ? json_length(array) : 0;
    query->labels =
        arena_take(&place->registry->arena, (count + 1) * sizeof(char *));
    if (!query->labels)
        return;
    for (size_t i = 0; i < count; i++)
        add_label(place, i, json_at(array, i), query);
    if (query->label_count > 1)
        qsort(query->labels, query->label_count, sizeof(char *), compare_names);
}

static void read_sql(struct place *place, const struct json_object *object,
                     struct sql_query *query) {
    struct strbuf key = {0};
    struct strbuf position = {0};
    size_t len;
    const char *sql =
        place_get_text(place, object, "sql", "a SELECT statement", &len);
    if (!sql)
        return;
    if (sql[strspn(sql, " \t\r\n")] == '\0')
        place_report(place, "sql", "is empty, must be a SELECT statement");
    if (len > SQL_QUERY_TEXT_MAX)
        place_report(place, "sql", "has %zu bytes, must have at most %d", len,
                     SQL_QUERY_TEXT_MAX);
    query->sql = place_copy_text(place, sql, len);
    strbuf_printf(&key, "%s.sql", place->key);
    if (!key.failed)
        source_write_place(place->source, key.data, place->diagnostics,
                           &position);
    position.failed |= key.failed;
    query->place = copy_buffer(place, &position);
    strbuf_free(&key);
}

static void read_database(const struct allowlist *allowlist,
                          struct place *place, const struct json_object *object,
                          struct sql_query *query) {
    struct strbuf path = {0};
    size_t len;
    const char *text = place_get_text(place, object, "database", NULL, &len);
    if (!text)
        return;
    if (len == 0) {
        place_report(place, "database",
                     "is empty, must be the path of an SQLite file");
        return;
    }
    file_join(allowlist->path, text, &path);
    query->database = copy_buffer(place, &path);
}

static void read_every(struct place *place, const struct json_object *object,
                       struct sql_query *query) {
    const struct json_object *value =
        place_get(place, object, "every", JSON_INTEGER, NULL);
    query->every = value ? json_integer(value) : 60;
    if (query->every < 1 || query->every > SQL_QUERY_EVERY_MAX)
        place_report(place, "every",
                     "is %lld, must be between 1 and %d seconds", query->every,
                     SQL_QUERY_EVERY_MAX);
}

static void read_timeout(struct place *place, const struct json_object *object,
                         struct sql_query *query) {
    const double least = 0.1;
    const double every = (double)query->every;
    const struct json_object *value = json_get(object, "timeout");
    enum json_kind kind = json_kind(value);
    query->timeout = every < 4 ? every / 2 : 2;
    if (!value)
        return;
    if (kind != JSON_INTEGER && kind != JSON_NUMBER) {
        place_report(place, "timeout", "is %s, must be a number",
                     json_kind_name(kind));
        return;
    }
    query->timeout = json_number(value);
    if (!(query->timeout >= least && query->timeout <= SQL_QUERY_TIMEOUT_MAX))
        place_report(place, "timeout",
                     "is %g, must be between %g and %d seconds", query->timeout,
                     least, SQL_QUERY_TIMEOUT_MAX);
    else if (query->timeout >= every)
        place_report(place, "timeout", "is %g, must be below `every`, %lld",
                     query->timeout, query->every);
}

static void add_query(struct allowlist *allowlist,
                      const struct sql_query *query) {
    struct sql_query_list *list = &allowlist->queries;
    struct sql_query *queries =
        arena_grow(&allowlist->registry->arena, list->queries, list->count,
                   sizeof(*queries));
    if (!queries)
        return;
    list->queries = queries;
    queries[list->count++] = *query;
}

void allowlist_query_read(struct allowlist *allowlist, struct place *place,
                          const struct json_object *object) {
    static const char *const keys[] = {"name",    "help", "type",     "unit",
                                       "labels",  "sql",  "database", "every",
                                       "timeout", NULL};
    struct family unnamed;
    struct sql_query query = {.sql = ""};
    if (!place_check_object(place, object, keys))
        return;
    struct family *family =
        allowlist_family_add(allowlist, place, object, &unnamed);
    family->internal = true;
    family->queried = true;
    family->any_labels = true;
    query.family = family;
    allowlist_family_type(place, object, family,
                          1U << SHAPE_TOTAL | 1U << SHAPE_VALUE);
    read_labels(place, object, &query);
    read_sql(place, object, &query);
    read_database(allowlist, place, object, &query);
    read_every(place, object, &query);
    read_timeout(place, object, &query);
    if (family == &unnamed)
        return;
    allowlist_family_unit(place, object, family);
    allowlist_family_settle(allowlist, place, family,
                            query.label_count > 0 ? SQL_QUERY_ROWS_MAX : 1);
    add_query(allowlist, &query);
}
