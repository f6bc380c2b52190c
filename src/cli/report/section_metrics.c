/* Business metrics, whose values come from SQL queries, and the site's own:
 * each family of the allowlist that no other section shows. */
#include <math.h>
#include <string.h>

#include "cli/report/sections.h"
#include "config/config.h"

/* The maximum number of rows in each table. */
enum { ROWS_MAX = 30, QUERY_ROWS_MAX = 8 };

static const struct report_column columns[] = {{"Metric", true},
                                               {"This week", false},
                                               {"Before", false},
                                               {"Change", false}};
enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

/* A table that is added with its first row. */
struct list {
    const struct content *content;
    const char *section;
    const char *hint;
    size_t rows; /* number of rows without the limit */
};

static void add(struct list *list, const char *name, const char *help,
                show *shown, const struct sum *sum) {
    struct report *report = list->content->report;
    struct arena *arena = &report->arena;
    if (list->rows == 0) {
        report_section(report, list->section, list->hint);
        report_table(report, list->section, columns, COLUMN_COUNT);
    }
    if (list->rows++ >= ROWS_MAX)
        return;
    report_row(report, NAN);
    report_cell(report, name);
    report_cell(report, shown(arena, sum->now));
    report_cell(report, shown(arena, sum->before));
    report_cell(report, show_change(arena, sum->now, sum->before));
    report_detail(report, help, NULL);
}

/* The format of a total, which may have a unit. */
static show *show_total(const char *family) {
    show *shown = show_of(family);
    return shown == show_number ? show_count : shown;
}

static bool is_known(const struct sum *sum) {
    return isfinite(sum->now) || isfinite(sum->before);
}

/* The growth of a missing family is 0. */
static bool has_grown(const struct sum *sum) {
    return sum->now > 0 || sum->before > 0;
}

/* --- business metrics ----------------------------------------------------- */

static const char *join_labels(const struct content *content,
                               const struct sql_query *query) {
    const char *text = "";
    for (size_t i = 0; i < query->label_count; i++)
        text = show_format(&content->report->arena, "%s%s%s", text,
                           i > 0 ? ", " : "", query->labels[i]);
    return text;
}

/* `name`, or `name state="open"` */
static const char *name_row(const struct content *content, const char *name,
                            const struct sum *sum) {
    return sum->len > 0 ? show_format(&content->report->arena, "%s %s", name,
                                      sum->labels)
                        : name;
}

static int add_query(struct list *list, const struct sql_query *query,
                     struct err *err) {
    const struct content *content = list->content;
    const struct family *family = query->family;
    const bool counts = family->type == METRIC_COUNTER;
    const char *by = join_labels(content, query);
    struct sums sums = {NULL, 0};
    if ((counts ? ask_growth : ask_value)(&content->ask, family->name, by,
                                          &sums, err) != 0)
        return -1;
    size_t shown = 0;
    size_t known = 0;
    for (size_t i = 0; i < sums.count; i++) {
        if (!(counts ? has_grown : is_known)(&sums.rows[i]) ||
            known++ >= QUERY_ROWS_MAX)
            continue;
        add(list, name_row(content, family->name, &sums.rows[i]),
            shown++ == 0 ? family->help : "",
            (counts ? show_total : show_of)(family->name), &sums.rows[i]);
    }
    return 0;
}

static int add_queries(struct content *content, struct err *err) {
    const struct sql_query_list *queries =
        &content->ask.source->config->sql_queries;
    struct list list = {content, "Business metrics",
                        "Values of SQL queries at the end of the week; of "
                        "counters, their growth",
                        0};
    for (size_t i = 0; i < queries->count; i++)
        if (add_query(&list, &queries->queries[i], err) != 0)
            return -1;
    content_more(content, ROWS_MAX, list.rows);
    if (list.rows == 0)
        content_miss(content,
                     queries->count > 0
                         ? "Business metrics: no SQL query has a value of "
                           "these weeks; `tallyman doctor` names those that "
                           "fail."
                         : "Business metrics: list SQL queries of your own "
                           "database as `queries` in an allowlist file.");
    return 0;
}

/* --- the site's own ------------------------------------------------------- */

/* Whether another section shows the family. */
static bool is_shown(const char *name) {
    static const char *const names[] = {
        FAMILY_VIEWS, FAMILY_VISITS, FAMILY_REQUESTS, FAMILY_REQUEST_SECONDS};
    bool shown = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        shown |= strcmp(name, names[i]) == 0;
    for (size_t i = 0; i < VITALS; i++)
        shown |= strcmp(name, vitals[i].family) == 0;
    for (size_t i = 0; i < ERROR_FAMILIES; i++)
        shown |= strcmp(name, error_families[i]) == 0;
    return shown;
}

static struct sum first_of(const struct sums *sums) {
    return sums->count > 0 ? sums->rows[0]
                           : (struct sum){.now = NAN, .before = NAN};
}

/* The 75th percentile or the mean, with the number of observations below it. */
static int add_observed(struct list *list, const struct known_family *family,
                        struct err *err) {
    const struct content *content = list->content;
    const struct ask *ask = &content->ask;
    struct arena *arena = &content->report->arena;
    const bool buckets = metric_shape(family->type) == SHAPE_BUCKETS;
    const char *count = show_format(arena, "%s_count", family->name);
    const char *sum = show_format(arena, "%s_sum", family->name);
    struct sums counts = {NULL, 0};
    struct sums others = {NULL, 0};
    if (ask_growth(ask, count, "", &counts, err) != 0 ||
        (buckets ? ask_quantile(ask, "0.75", family->name, "", &others, err)
                 : ask_growth(ask, sum, "", &others, err)) != 0)
        return -1;
    const struct sum many = first_of(&counts);
    struct sum other = first_of(&others);
    if (!has_grown(&many))
        return 0;
    if (!buckets) {
        other.now /= many.now;
        other.before /= many.before;
    }
    add(list,
        show_format(arena, "%s, %s", family->name, buckets ? "p75" : "mean"),
        show_format(arena, "%s observations, %s before. %s",
                    show_count(arena, many.now), show_count(arena, many.before),
                    family->help),
        show_of(family->name), &other);
    return 0;
}

static int add_family(struct list *list, const struct known_family *family,
                      struct err *err) {
    const struct ask *ask = &list->content->ask;
    struct sums sums = {NULL, 0};
    if (metric_observes(family->type))
        return add_observed(list, family, err);
    const bool counts = family->type == METRIC_COUNTER;
    if ((counts ? ask_growth : ask_value)(ask, family->name, "", &sums, err) !=
        0)
        return -1;
    const struct sum sum = first_of(&sums);
    if ((counts ? has_grown : is_known)(&sum))
        add(list, family->name, family->help,
            (counts ? show_total : show_of)(family->name), &sum);
    return 0;
}

int section_metrics(struct content *content, struct err *err) {
    struct list list = {content, "Your metrics",
                        "Growth in the week; of gauges, the mean of their "
                        "series at its end",
                        0};
    if (add_queries(content, err) != 0)
        return -1;
    for (size_t i = 0; i < content->family_count; i++) {
        const struct known_family *family = &content->families[i];
        if (!family->internal && !is_shown(family->name) &&
            add_family(&list, family, err) != 0)
            return -1;
    }
    content_more(content, ROWS_MAX, list.rows);
    if (list.rows == 0)
        content_miss(content, "Your metrics: list families of your own in an "
                              "allowlist file and push them from pages and "
                              "programs.");
    return 0;
}
