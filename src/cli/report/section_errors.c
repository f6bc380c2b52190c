/* Script errors: the rate per page view, the kinds and the pages. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/sections.h"

const char *const error_families[ERROR_FAMILIES] = {
    "web_errors_total", "web_unhandled_rejections_total"};

static double per_hundred(double errors, double views) {
    return views > 0 ? errors / views * 100 : NAN;
}

/* --- by day --------------------------------------------------------------- */

struct errors {
    struct days all;
    struct days views;
    struct sums kinds;
    struct sums pages; /* rows of one page are adjacent */
    struct sums views_by_page;
};

static void add_plot(const struct content *content,
                     const struct errors *errors) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const double views = sums_now(&errors->views_by_page);
    const double views_before = sums_before(&errors->views_by_page);
    struct report_plot plot = {.name = "Errors per 100 page views, by day",
                               .line_count = 2};
    struct report_line *before = &plot.lines[0];
    struct report_line *now = &plot.lines[1];
    content_steps(content, &plot);
    before->look = LOOK_BEFORE;
    before->name = "Before";
    before->whole = show_number(
        arena, per_hundred(sums_before(&errors->kinds), views_before));
    now->look = LOOK_LINE;
    now->name = "Errors per 100 views";
    now->whole =
        show_number(arena, per_hundred(sums_now(&errors->kinds), views));
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        before->values[i] =
            per_hundred(errors->all.before[i], errors->views.before[i]);
        now->values[i] = per_hundred(errors->all.now[i], errors->views.now[i]);
    }
    report_plot(report, &plot);
}

static void add_days(const struct content *content,
                     const struct errors *errors) {
    static const struct report_column columns[] = {{"Day", true},
                                                   {"Errors", false},
                                                   {"Per 100 views", false},
                                                   {"Before", false}};
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const struct days *all = &errors->all;
    const struct days *views = &errors->views;
    report_table(report, "Errors by day", columns,
                 sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < WEEK_DAYS; i++) {
        report_row(report, NAN);
        report_cell(report, week_day(arena, content->ask.week.from +
                                                (int64_t)i * WEEK_DAY_SECONDS));
        report_cell(report, show_count(arena, all->now[i]));
        report_cell(report, show_number(arena, per_hundred(all->now[i],
                                                           views->now[i])));
        report_cell(report, show_number(arena, per_hundred(all->before[i],
                                                           views->before[i])));
    }
}

/* --- by page -------------------------------------------------------------- */

static int compare_labels(const void *a, const void *b) {
    const struct sum *left = a;
    const struct sum *right = b;
    return strcmp(left->labels, right->labels);
}

/* Adds up rows of one label set. */
static void merge(struct sums *sums) {
    size_t kept = 0;
    if (sums->count == 0)
        return;
    qsort(sums->rows, sums->count, sizeof(*sums->rows), compare_labels);
    for (size_t i = 1; i < sums->count; i++) {
        struct sum *last = &sums->rows[kept];
        const struct sum *row = &sums->rows[i];
        if (compare_labels(last, row) != 0) {
            sums->rows[++kept] = *row;
            continue;
        }
        last->now += row->now;
        last->before = content_plus(last->before, row->before);
    }
    sums->count = kept + 1;
}

static const struct sum *find(const struct sums *sums, const struct sum *like) {
    for (size_t i = 0; i < sums->count; i++)
        if (compare_labels(&sums->rows[i], like) == 0)
            return &sums->rows[i];
    return NULL;
}

static void add_pages(const struct content *content, struct errors *errors) {
    static const struct report_column columns[] = {{"Page", true},
                                                   {"Errors", false},
                                                   {"Per 100 views", false},
                                                   {"Change", false}};
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    merge(&errors->pages);
    sums_order(&errors->pages);
    size_t count = 0;
    while (count < errors->pages.count && errors->pages.rows[count].now > 0)
        count++;
    if (count == 0)
        return;
    report_table(report, "Errors by page", columns,
                 sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < count && i < SECTION_ROWS; i++) {
        const struct sum *row = &errors->pages.rows[i];
        const struct sum *views = find(&errors->views_by_page, row);
        const double now = per_hundred(row->now, views ? views->now : 0);
        const double before =
            per_hundred(row->before, views ? views->before : 0);
        const char *change = show_change(arena, now, before);
        report_row(report, content_part(row->now, errors->pages.rows[0].now));
        report_cell(report, row->name);
        report_cell(report, show_count(arena, row->now));
        report_cell(report, show_number(arena, now));
        report_toned(report, change, content_tone(change));
    }
    content_more(content, SECTION_ROWS, count);
}

/* --- all of it ------------------------------------------------------------ */

static int append(const struct content *content, struct sums *all,
                  const struct sums *more, struct err *err) {
    struct sum *rows =
        arena_take(&content->report->arena,
                   (all->count + more->count) * sizeof(*rows) + 1);
    if (!rows)
        return err_no_memory(err);
    for (size_t i = 0; i < all->count; i++)
        rows[i] = all->rows[i];
    for (size_t i = 0; i < more->count; i++)
        rows[all->count + i] = more->rows[i];
    *all = (struct sums){rows, all->count + more->count};
    return 0;
}

static int look_at(const struct content *content, const char *family,
                   const char *suffix, struct errors *errors, struct err *err) {
    const struct ask *ask = &content->ask;
    struct sums kinds = {NULL, 0};
    struct sums pages = {NULL, 0};
    struct days days;
    if (ask_growth(ask, family, "kind", &kinds, err) != 0 ||
        ask_growth(ask, family, "page", &pages, err) != 0 ||
        ask_days(ask, family, &days, err) != 0)
        return -1;
    ask_names(ask, &kinds, "kind", suffix);
    ask_names(ask, &pages, "page", "");
    for (size_t i = 0; i < WEEK_DAYS; i++) {
        errors->all.now[i] = content_plus(errors->all.now[i], days.now[i]);
        errors->all.before[i] =
            content_plus(errors->all.before[i], days.before[i]);
    }
    return append(content, &errors->kinds, &kinds, err) != 0
               ? -1
               : append(content, &errors->pages, &pages, err);
}

static int look(const struct content *content, struct errors *errors,
                struct err *err) {
    static const char *const suffixes[ERROR_FAMILIES] = {"",
                                                         " (rejected promise)"};
    for (size_t i = 0; i < WEEK_DAYS; i++)
        errors->all.now[i] = errors->all.before[i] = errors->views.now[i] =
            errors->views.before[i] = NAN;
    for (size_t i = 0; i < ERROR_FAMILIES; i++)
        if (content_has(content, error_families[i]) &&
            look_at(content, error_families[i], suffixes[i], errors, err) != 0)
            return -1;
    if (!content_has(content, FAMILY_VIEWS))
        return 0;
    return ask_days(&content->ask, FAMILY_VIEWS, &errors->views, err) != 0
               ? -1
               : content_growth(content, FAMILY_VIEWS, "page",
                                &errors->views_by_page, err);
}

int section_errors(struct content *content, struct err *err) {
    static const struct report_column kinds[] = SUM_COLUMNS("Kind", "Errors");
    struct errors errors = {.kinds = {NULL, 0}};
    if (!content_has(content, error_families[0]) &&
        !content_has(content, error_families[1])) {
        content_miss(content, "Errors of scripts are counted by the browser "
                              "client, without their texts: load "
                              "`static/tallyman.js` in your pages.");
        return 0;
    }
    if (look(content, &errors, err) != 0)
        return -1;
    report_section(content->report, "Errors",
                   "Uncaught errors, failed resources and unhandled "
                   "rejections");
    if (!(sums_now(&errors.kinds) > 0 || sums_before(&errors.kinds) > 0)) {
        report_note(content->report, "No errors in either week.");
        return 0;
    }
    add_plot(content, &errors);
    add_days(content, &errors);
    content_table(content, "Errors by kind", kinds, &errors.kinds);
    add_pages(content, &errors);
    return 0;
}
