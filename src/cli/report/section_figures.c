/* The row of numbers at the top. */
#include <math.h>

#include "cli/report/sections.h"

/* The same number as on the dashboard. */
enum { FIGURES_MAX = 6 };

struct row {
    struct content *content;
    size_t count;
};

struct number {
    const char *name;
    show *show;
    double now;
    double before;
    bool less; /* is better; otherwise a change is neither good nor bad */
    const char *rating;
    enum report_tone tone;
};

/* Numbers without data in both weeks are left out. */
static void add(struct row *row, const struct number *number) {
    struct report *report = row->content->report;
    if (!isfinite(number->now) && !isfinite(number->before))
        return;
    struct arena *arena = &report->arena;
    const char *change = show_change(arena, number->now, number->before);
    const char *before = number->show(arena, number->before);
    const struct report_figure figure = {
        .name = number->name,
        .value = number->show(arena, number->now),
        .rating = number->rating ? number->rating : "",
        .rating_tone = number->tone,
        .change = *change ? show_format(arena, "%s from %s", change, before)
                          : "nothing to compare",
        .change_tone = number->less ? content_tone(change) : TONE_PLAIN};
    report_figure(report, &figure);
    if (row->count++ == 0)
        report->headline =
            show_format(arena, "%s: %s%s%s", number->name, figure.value,
                        *change ? ", " : "", change);
}

static int add_count(struct row *row, const char *name, const char *metric,
                     const char *by, struct err *err) {
    struct sums sums = {NULL, 0};
    if (!content_has(row->content, metric))
        return 0;
    if (content_growth(row->content, metric, by, &sums, err) != 0)
        return -1;
    const struct number number = {.name = name,
                                  .show = show_count,
                                  .now = sums_now(&sums),
                                  .before = sums_before(&sums)};
    add(row, &number);
    return 0;
}

static int add_vital(struct row *row, const struct vital *vital,
                     struct err *err) {
    struct content *content = row->content;
    struct sums sums = {NULL, 0};
    if (!content_has(content, vital->family))
        return 0;
    if (vital_p75(content, vital, "", &sums, err) != 0)
        return -1;
    struct number number = {
        .name = show_format(&content->report->arena, "%s p75", vital->name),
        .show = vital_show(vital),
        .now = sums.count > 0 ? sums.rows[0].now : NAN,
        .before = sums.count > 0 ? sums.rows[0].before : NAN,
        .less = true};
    number.rating = vital_rating(vital, number.now, &number.tone);
    add(row, &number);
    return 0;
}

/* Per 100 page views. */
static int add_errors(struct row *row, struct err *err) {
    struct content *content = row->content;
    struct sums views = {NULL, 0};
    struct sums errors = {NULL, 0};
    double now = 0;
    double before = NAN;
    if (!content_has(content, error_families[0]))
        return 0;
    if (content_growth(content, FAMILY_VIEWS, "page", &views, err) != 0)
        return -1;
    for (size_t i = 0; i < ERROR_FAMILIES; i++) {
        if (content_growth(content, error_families[i], "page, kind", &errors,
                           err) != 0)
            return -1;
        now += sums_now(&errors);
        before = content_plus(before, sums_before(&errors));
    }
    const struct number number = {.name = "Errors / 100 views",
                                  .show = show_number,
                                  .now = now / sums_now(&views) * 100,
                                  .before = before / sums_before(&views) * 100,
                                  .less = true};
    add(row, &number);
    return 0;
}

static int add_requests(struct row *row, struct err *err) {
    struct content *content = row->content;
    struct sums all = {NULL, 0};
    if (!content_has(content, FAMILY_REQUESTS) || row->count >= FIGURES_MAX)
        return 0;
    if (content_growth(content, FAMILY_REQUESTS, "route, method, status", &all,
                       err) != 0)
        return -1;
    double now = 0;
    double before = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (!request_failed(content, &all.rows[i]))
            continue;
        now += all.rows[i].now;
        before += all.rows[i].before;
    }
    const struct number number = {.name = "Failed calls",
                                  .show = show_percent,
                                  .now = now / sums_now(&all),
                                  .before = before / sums_before(&all),
                                  .less = true};
    add(row, &number);
    return 0;
}

int section_figures(struct content *content, struct err *err) {
    struct row row = {content, 0};
    if (add_count(&row, "Page views", FAMILY_VIEWS, "page", err) != 0 ||
        add_count(&row, "Visits", FAMILY_VISITS, "source", err) != 0)
        return -1;
    for (size_t i = 0; i < VITAL_FIGURES; i++)
        if (add_vital(&row, &vitals[i], err) != 0)
            return -1;
    return add_errors(&row, err) != 0 ? -1 : add_requests(&row, err);
}
