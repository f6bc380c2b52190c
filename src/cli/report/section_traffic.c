/* Page views and visits, by page, device and source. */
#include <math.h>

#include "cli/report/sections.h"

/* The days as text and as values of the plot. */
static void add_days(const struct content *content, const struct days *views,
                     const struct days *visits) {
    static const struct report_column columns[] = {{"Day", true},
                                                   {"Page views", false},
                                                   {"Visits", false},
                                                   {"Before", false},
                                                   {"Change", false}};
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    double most = 0;
    for (size_t i = 0; i < WEEK_DAYS; i++)
        most = fmax(most, views->now[i]);
    report_table(report, "Page views and visits by day", columns,
                 sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < WEEK_DAYS; i++) {
        report_row(report, content_part(views->now[i], most));
        report_cell(report, week_day(arena, content->ask.week.from +
                                                (int64_t)i * WEEK_DAY_SECONDS));
        report_cell(report, show_count(arena, views->now[i]));
        report_cell(report, show_count(arena, visits->now[i]));
        report_cell(report, show_count(arena, views->before[i]));
        report_cell(report,
                    show_change(arena, views->now[i], views->before[i]));
    }
}

static void set_line(struct report_line *line, const char *name,
                     const char *whole, enum report_look look,
                     const double *values) {
    *line = (struct report_line){.name = name, .whole = whole, .look = look};
    for (size_t i = 0; i < REPORT_STEPS; i++)
        line->values[i] = values[i];
}

struct traffic {
    struct sums pages;
    struct sums sources;
    struct sums devices;
    struct days views;
    struct days visits;
};

static int look(const struct content *content, struct traffic *traffic,
                struct err *err) {
    const struct ask *ask = &content->ask;
    for (size_t i = 0; i < WEEK_DAYS; i++)
        traffic->visits.now[i] = traffic->visits.before[i] = NAN;
    return content_growth(content, FAMILY_VIEWS, "page", &traffic->pages,
                          err) != 0 ||
                   content_growth(content, FAMILY_VIEWS, "device",
                                  &traffic->devices, err) != 0 ||
                   content_growth(content, FAMILY_VISITS, "source",
                                  &traffic->sources, err) != 0 ||
                   ask_days(ask, FAMILY_VIEWS, &traffic->views, err) != 0 ||
                   (content_has(content, FAMILY_VISITS) &&
                    ask_days(ask, FAMILY_VISITS, &traffic->visits, err) != 0)
               ? -1
               : 0;
}

static void add_table(const struct content *content, const char *caption,
                      const struct report_column *columns, const char *label,
                      struct sums *sums) {
    ask_names(&content->ask, sums, label, "");
    content_table(content, caption, columns, sums);
}

static void add_plot(const struct content *content,
                     const struct traffic *traffic) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    struct report_plot plot = {.name = "Page views and visits per day"};
    content_steps(content, &plot);
    set_line(&plot.lines[plot.line_count++], "Page views",
             show_count(arena, sums_now(&traffic->pages)), LOOK_BARS,
             traffic->views.now);
    if (sums_now(&traffic->sources) > 0)
        set_line(&plot.lines[plot.line_count++], "Visits",
                 show_count(arena, sums_now(&traffic->sources)),
                 LOOK_INNER_BARS, traffic->visits.now);
    set_line(&plot.lines[plot.line_count++], "Page views before",
             show_count(arena, sums_before(&traffic->pages)), LOOK_BEFORE,
             traffic->views.before);
    report_plot(report, &plot);
}

int section_traffic(struct content *content, struct err *err) {
    static const struct report_column pages[] = SUM_COLUMNS("Page", "Views");
    static const struct report_column sources[] =
        SUM_COLUMNS("Source", "Visits");
    static const struct report_column devices[] =
        SUM_COLUMNS("Device", "Views");
    struct traffic traffic = {.pages = {NULL, 0}};
    if (content_has(content, FAMILY_VIEWS) && look(content, &traffic, err) != 0)
        return -1;
    if (!content_has(content, FAMILY_VIEWS) ||
        !(sums_now(&traffic.pages) > 0 || sums_before(&traffic.pages) > 0)) {
        content_miss(content, "Traffic: page views come from the browser "
                              "client: load `static/tallyman.js` in your pages "
                              "and list `web.json`.");
        return 0;
    }
    report_section(content->report, "Traffic", "");
    add_plot(content, &traffic);
    add_days(content, &traffic.views, &traffic.visits);
    add_table(content, "Top pages", pages, "page", &traffic.pages);
    sums_order(&traffic.sources);
    if (traffic.sources.count > 0)
        add_table(content, "Sources of visits", sources, "source",
                  &traffic.sources);
    else
        content_miss(content, "Sources: add `data-visits` to the tag of the "
                              "browser client to see where visits come from.");
    add_table(content, "Devices", devices, "device", &traffic.devices);
    return 0;
}
