/* Web vitals: the 75th percentile against its limits, and the shares of good,
 * fair and poor views. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/sections.h"

const struct vital vitals[VITALS] = {
    {"LCP", "web_lcp_seconds", "Largest Contentful Paint", {2.5, 4}},
    {"INP", "web_inp_seconds", "Interaction to Next Paint", {0.2, 0.5}},
    {"CLS", "web_cls_ratio", "Cumulative Layout Shift", {0.1, 0.25}},
    {"FCP", "web_fcp_seconds", "First Contentful Paint", {1.8, 3}},
    {"TTFB", "web_ttfb_seconds", "Time To First Byte", {0.8, 1.8}},
};

int vital_p75(const struct content *content, const struct vital *vital,
              const char *by, struct sums *sums, struct err *err) {
    return ask_quantile(&content->ask, "0.75", vital->family, by, sums, err);
}

show *vital_show(const struct vital *vital) {
    return show_of(vital->family);
}

const char *vital_rating(const struct vital *vital, double value,
                         enum report_tone *tone) {
    *tone = TONE_PLAIN;
    if (!isfinite(value))
        return "";
    *tone = value > vital->limits[1]   ? TONE_POOR
            : value > vital->limits[0] ? TONE_MIDDLING
                                       : TONE_GOOD;
    return *tone == TONE_POOR       ? "poor"
           : *tone == TONE_MIDDLING ? "fair"
                                    : "good";
}

/* --- shares --------------------------------------------------------------- */

static double bound_of(const struct content *content, const struct sum *sum) {
    const char *text = ask_label(&content->ask, sum, "le");
    return strcmp(text, "+Inf") == 0 ? INFINITY : strtod(text, NULL);
}

/* The observations up to the limit, or up to the last bound below it. */
static double count_up_to(const struct content *content,
                          const struct sums *buckets, double limit) {
    double most = 0;
    for (size_t i = 0; i < buckets->count; i++)
        if (bound_of(content, &buckets->rows[i]) <= limit * (1 + 1e-9))
            most = fmax(most, buckets->rows[i].now);
    return most;
}

/* Returns the number of observations. */
static double find_shares(const struct content *content,
                          const struct vital *vital, const struct sums *buckets,
                          double shares[REPORT_SHARES]) {
    const double all = count_up_to(content, buckets, INFINITY);
    const double good = count_up_to(content, buckets, vital->limits[0]);
    const double fair = count_up_to(content, buckets, vital->limits[1]);
    shares[0] = good / all;
    shares[1] = (fair - good) / all;
    shares[2] = (all - fair) / all;
    return all;
}

/* --- tables --------------------------------------------------------------- */

static void begin(struct report *report) {
    static const struct report_column columns[] = {{"Vital", true},
                                                   {"p75", false},
                                                   {"Rating", true},
                                                   {"Before", false},
                                                   {"Change", false}};
    report_section(report, "Web vitals", "75th percentile of page views");
    report_table(report, "Web vitals", columns,
                 sizeof(columns) / sizeof(columns[0]));
}

/* Adds the row of a vital with observations, and begins the table with the
 * first one. */
static int add_vital(const struct content *content, const struct vital *vital,
                     bool *begun, struct err *err) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    double shares[REPORT_SHARES];
    enum report_tone tone;
    struct sums p75 = {NULL, 0};
    struct sums buckets = {NULL, 0};
    const char *bucket = show_format(arena, "%s_bucket", vital->family);
    if (vital_p75(content, vital, "", &p75, err) != 0 ||
        ask_growth(&content->ask, bucket, "le", &buckets, err) != 0)
        return -1;
    if (!(find_shares(content, vital, &buckets, shares) > 0))
        return 0;
    const double now = p75.count > 0 ? p75.rows[0].now : NAN;
    const double before = p75.count > 0 ? p75.rows[0].before : NAN;
    const char *change = show_change(arena, now, before);
    const char *rating = vital_rating(vital, now, &tone);
    if (!*begun)
        begin(report);
    *begun = true;
    report_row(report, NAN);
    report_cell(report, vital->name);
    report_cell(report, vital_show(vital)(arena, now));
    report_toned(report, rating, tone);
    report_cell(report, vital_show(vital)(arena, before));
    report_toned(report, change, content_tone(change));
    report_detail(report,
                  show_format(arena,
                              "%s: good %s, fair %s, poor %s. "
                              "Good up to %s, poor above %s.",
                              vital->about, show_percent(arena, shares[0]),
                              show_percent(arena, shares[1]),
                              show_percent(arena, shares[2]),
                              vital_show(vital)(arena, vital->limits[0]),
                              vital_show(vital)(arena, vital->limits[1])),
                  shares);
    return 0;
}

/* The value of the row with the same page. */
static double value_of(const struct content *content, const struct sums *sums,
                       const char *page) {
    for (size_t i = 0; i < sums->count; i++)
        if (strcmp(ask_label(&content->ask, &sums->rows[i], "page"), page) == 0)
            return sums->rows[i].now;
    return NAN;
}

/* Adds the most viewed pages. */
static int add_pages(const struct content *content, struct err *err) {
    static const struct report_column columns[] = {{"Page", true},
                                                   {"Views", false},
                                                   {"LCP", false},
                                                   {"INP", false},
                                                   {"CLS", false}};
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    struct sums views = {NULL, 0};
    struct sums p75[VITAL_FIGURES] = {{NULL, 0}};
    if (content_growth(content, FAMILY_VIEWS, "page", &views, err) != 0)
        return -1;
    for (size_t i = 0; i < VITAL_FIGURES; i++)
        if (content_has(content, vitals[i].family) &&
            vital_p75(content, &vitals[i], "page", &p75[i], err) != 0)
            return -1;
    sums_order(&views);
    if (views.count == 0)
        return 0;
    report_table(report, "By page", columns,
                 sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < views.count && i < SECTION_ROWS; i++) {
        const char *page = ask_label(&content->ask, &views.rows[i], "page");
        report_row(report, NAN);
        report_cell(report, *page ? page : "(empty)");
        report_cell(report, show_count(arena, views.rows[i].now));
        for (size_t n = 0; n < VITAL_FIGURES; n++) {
            enum report_tone tone;
            const double value = value_of(content, &p75[n], page);
            (void)vital_rating(&vitals[n], value, &tone);
            report_toned(report, vital_show(&vitals[n])(arena, value), tone);
        }
    }
    return 0;
}

int section_vitals(struct content *content, struct err *err) {
    bool begun = false;
    for (size_t i = 0; i < VITALS; i++)
        if (content_has(content, vitals[i].family) &&
            add_vital(content, &vitals[i], &begun, err) != 0)
            return -1;
    if (begun)
        return add_pages(content, err);
    content_miss(content, "Web vitals come from the browser client: load "
                          "`static/tallyman.js` in your pages and list "
                          "`web.json`.");
    return 0;
}
