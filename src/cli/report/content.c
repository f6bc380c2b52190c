#include "cli/report/content.h"

#include <math.h>
#include <string.h>

#include "cli/look/calendar.h"
#include "cli/report/sections.h"
#include "query/metrics.h"
#include "store/history_reader.h"

/* --- what sections share -------------------------------------------------- */

bool content_has(const struct content *content, const char *family) {
    for (size_t i = 0; i < content->family_count; i++)
        if (strcmp(content->families[i].name, family) == 0)
            return true;
    return false;
}

void content_miss(struct content *content, const char *line) {
    if (content->missing_count < MISSING_MAX)
        content->missing[content->missing_count++] = line;
}

int content_growth(const struct content *content, const char *metric,
                   const char *by, struct sums *sums, struct err *err) {
    *sums = (struct sums){NULL, 0};
    return content_has(content, metric)
               ? ask_growth(&content->ask, metric, by, sums, err)
               : 0;
}

double content_plus(double sum, double value) {
    return isnan(sum) ? value : isnan(value) ? sum : sum + value;
}

double content_part(double value, double most) {
    return most > 0 ? value / most : 0;
}

enum report_tone content_tone(const char *change) {
    const int direction = show_direction(change);
    return direction > 0 ? TONE_POOR : direction < 0 ? TONE_GOOD : TONE_PLAIN;
}

void content_steps(const struct content *content, struct report_plot *plot) {
    for (size_t i = 0; i < REPORT_STEPS; i++)
        plot->steps[i] =
            week_day(&content->report->arena,
                     content->ask.week.from + (int64_t)i * WEEK_DAY_SECONDS);
}

void content_more(const struct content *content, size_t shown, size_t count) {
    struct report *report = content->report;
    if (count > shown)
        report_note(report, show_format(&report->arena,
                                        "And %zu more, on the dashboard.",
                                        count - shown));
}

void content_table(const struct content *content, const char *caption,
                   const struct report_column *columns, struct sums *sums) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const double all = sums_now(sums);
    sums_order(sums);
    report_table(report, caption, columns, SUM_COLUMN_COUNT);
    for (size_t i = 0; i < sums->count && i < SECTION_ROWS; i++) {
        const struct sum *row = &sums->rows[i];
        report_row(report, content_part(row->now, sums->rows[0].now));
        report_cell(report, row->name);
        report_cell(report, show_count(arena, row->now));
        report_cell(report, show_percent(arena, row->now / all));
        report_cell(report, show_count(arena, row->before));
        report_cell(report, show_change(arena, row->now, row->before));
    }
    content_more(content, SECTION_ROWS, sums->count);
}

/* --- families ------------------------------------------------------------- */

struct collection {
    struct content *content;
    size_t room;
    struct err *err;
};

static int count_family(void *context, const struct family *family) {
    struct collection *collection = context;
    (void)family;
    collection->room++;
    return 0;
}

static int keep_family(void *context, const struct family *family) {
    struct collection *collection = context;
    struct content *content = collection->content;
    struct arena *arena = &content->report->arena;
    struct known_family known = {
        .name = arena_copy(arena, family->name, strlen(family->name)),
        .help = arena_copy(arena, family->help, strlen(family->help)),
        .type = family->type,
        .internal = family->internal};
    if (!known.name || !known.help)
        return err_no_memory(collection->err);
    if (content->family_count < collection->room)
        content->families[content->family_count++] = known;
    return 0;
}

static int find_families(struct content *content, struct err *err) {
    struct collection collection = {content, 0, err};
    const struct query_source *source = content->ask.source;
    if (metrics_families(source, count_family, &collection, err) != 0)
        return -1;
    content->families =
        arena_take(&content->report->arena,
                   collection.room * sizeof(*content->families) + 1);
    if (!content->families)
        return err_no_memory(err);
    return metrics_families(source, keep_family, &collection, err);
}

/* --- the history ---------------------------------------------------------- */

/* Fails without any history of the week. Adds a note if the history does not
 * cover all of it and the week before. */
static int check_history(const struct content *content, struct err *err) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const struct week *week = &content->ask.week;
    int64_t since = 0;
    if (reader_history_since(content->ask.source->reader, HISTORY_DAY, &since,
                             err) != 0)
        return -1;
    if (since == 0)
        return err_set(err, ERR_VALUE,
                       "there is no history: the responder records it with "
                       "history.enabled");
    report->begin = since >= week->until ? since : 0;
    if (report->begin != 0)
        return err_set(err, ERR_VALUE,
                       "there is no history of %s: it begins on %s",
                       week_name(arena, week->from), week_date(arena, since));
    if (since > week->from)
        report_note(report,
                    show_format(arena,
                                "The history begins on %s: no number of this "
                                "report includes earlier data, and there is no "
                                "week to compare with.",
                                week_moment(arena, since)));
    else if (since > week->from - WEEK_SECONDS)
        report_note(report,
                    show_format(arena,
                                "The history begins on %s: the week before is "
                                "incomplete, and its numbers cover only its "
                                "end.",
                                week_moment(arena, since)));
    return 0;
}

/* --- all of it ------------------------------------------------------------ */

static int fill_sections(struct content *content, struct err *err) {
    static int (*const sections[])(struct content *, struct err *) = {
        section_figures, section_alerts,   section_traffic, section_vitals,
        section_errors,  section_requests, section_metrics};
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (sections[i](content, err) != 0)
            return -1;
    if (content->missing_count > 0)
        report_section(content->report, "Not in this report", "");
    for (size_t i = 0; i < content->missing_count; i++)
        report_note(content->report, content->missing[i]);
    return content->report->arena.failed ? err_no_memory(err) : 0;
}

static void name_report(struct content *content, const char *site,
                        const char *dashboard) {
    char first[CALENDAR_SIZE];
    char last[CALENDAR_SIZE];
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const int64_t from = content->ask.week.from;
    report->site = show_format(arena, "%s", site);
    report->period = week_name(arena, from);
    report->compared =
        show_format(arena, "UTC, compared with %s, a week before",
                    week_name(arena, from - WEEK_SECONDS));
    report->headline = "";
    if (!dashboard)
        return;
    calendar_format(CALENDAR_DAY, from, first);
    calendar_format(CALENDAR_DAY, content->ask.week.until - 1, last);
    report->address =
        show_format(arena, "%.*s?from=%s&to=%s", (int)strcspn(dashboard, "?#"),
                    dashboard, first, last);
}

int content_fill(struct report *report, const struct query_source *source,
                 const struct week *week, const char *site,
                 const char *dashboard, struct err *err) {
    struct content content = {.report = report,
                              .ask = {source, *week, &report->arena},
                              .now = source->now_ms / 1000};
    name_report(&content, site, dashboard);
    report_section(report, "", "");
    if (check_history(&content, err) != 0 || find_families(&content, err) != 0)
        return -1;
    return fill_sections(&content, err);
}
