#include <locale.h>
#include <math.h>

#include "base/file.h"
#include "check.h"
#include "cli/report/html.h"
#include "cli/report/svg.h"
#include "cli/report/text.h"

/* A label of a hostile push. */
#define HOSTILE "</td><script>alert(\"1\")</script>&amp;\xe2\x80\xae\x1b[2J\xff"

static void add_traffic(struct report *report) {
    static const struct report_column columns[] = {
        {"Page", true}, {"Views", false}, {"Change", false}};
    const struct report_plot plot = {
        .name = "Page views per <day>",
        .steps = {"Mon 16 Nov", "Tue 17 Nov", "Wed 18 Nov", "Thu 19 Nov",
                  "Fri 20 Nov", "Sat 21 Nov", "Sun 22 Nov"},
        .lines =
            {{"Page views", "21", LOOK_BARS, {1, 2, 3, 4, 5, 6, 0}},
             {"Visits", "6", LOOK_INNER_BARS, {NAN, NAN, NAN, 1, 2, 3, 0}},
             {"Before", "3.5", LOOK_BEFORE, {1, NAN, 2, NAN, NAN, 0, 0.5}}},
        .line_count = 3};
    report_section(report, "Traffic", "of `all` pages");
    report_plot(report, &plot);
    report_table(report, "Top pages", columns, COUNT(columns));
    report_row(report, 1);
    report_cell(report, HOSTILE);
    report_cell(report, "1,234");
    report_toned(report, "+4.7\u00a0%", TONE_POOR);
    report_row(report, 0.001);
    report_cell(report, "a_rather_long_name_of_a_page_that_is_much_longer_than "
                        "the 80 columns that there are");
    report_cell(report, "0");
    report_toned(report, "\u2212100\u00a0%", TONE_GOOD);
    report_row(report, NAN);
    report_cell(report, "LCP");
    report_detail(report, "Good 50\u00a0%, fair 30\u00a0%, poor 20\u00a0%.",
                  (const double[REPORT_SHARES]){0.5, 0.3, 0.2});
    report_note(report, "And 3 more, on the dashboard.");
}

static void make(struct report *report) {
    const struct report_figure figures[] = {
        {.name = "Page views",
         .value = "1,234",
         .rating = "",
         .change = "+4.7\u00a0% from 1,179"},
        {.name = "LCP p75",
         .value = "950\u00a0µs",
         .rating = "good",
         .rating_tone = TONE_GOOD,
         .change = "nothing to compare"}};
    *report = (struct report){
        .site = "<b>shop</b>.example.org",
        .period = "16 Nov \u2013 22 Nov 2026",
        .compared =
            "UTC, compared with 9 Nov \u2013 15 Nov 2026, a week before",
        .headline = ""};
    report_section(report, "", "");
    report_note(report, "The history begins on 10 Nov 2026, 00:00 UTC.");
    for (size_t i = 0; i < COUNT(figures); i++)
        report_figure(report, &figures[i]);
    add_traffic(report);
    report_section(report, "Not in this report", "");
    report_note(report, "Errors: load `static/tallyman.js` & list `web.json`.");
    assert_false(report->arena.failed);
}

static void html(const struct report *report, bool utf8, struct strbuf *out) {
    (void)utf8;
    html_write(report, out);
}

static void check_format(const char *path, bool utf8,
                         void (*write)(const struct report *, bool,
                                       struct strbuf *)) {
    struct report report;
    struct strbuf got = {0};
    struct strbuf want = {0};
    struct err err;
    make(&report);
    write(&report, utf8, &got);
    assert_false(got.failed);
    assert_int_equal(file_read(path, 1 << 20, &want, &err), 0);
    check_bytes(path, got.data, got.len, want.data, want.len);
    strbuf_free(&got);
    strbuf_free(&want);
    report_free(&report);
}

static void formats(void **state) {
    (void)state;
    check_format("tests/data/report/small.html", true, html);
    check_format("tests/data/report/small-ascii.txt", false, text_write);
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    check_format("tests/data/report/small.txt", true, text_write);
}

static void tops(void **state) {
    static const double cases[][2] = {
        {0, 1},       {NAN, 1},       {1, 1},       {1.01, 1.2},
        {5057, 6000}, {0.021, 0.025}, {9.1e9, 1e10}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct report_plot plot = {
            .lines = {{.values = {cases[i][0], NAN}}}, .line_count = 1};
        if (fabs(svg_top(&plot) - cases[i][1]) > 1e-9 * cases[i][1])
            fail_msg("%g: got %g, want %g", cases[i][0], svg_top(&plot),
                     cases[i][1]);
    }
}

/* A report with the longest names is below 100 KB. */
static void longest_names_fit_in_100_kb(void **state) {
    enum { TABLES = 20, ROWS = 10, NAME = 128 };
    static const struct report_column columns[] = {{"Page", true},
                                                   {"Views", false},
                                                   {"Share", false},
                                                   {"Before", false},
                                                   {"Change", false}};
    struct report report = {.site = "", .period = "", .compared = ""};
    struct strbuf out = {0};
    char name[NAME + 1];
    (void)state;
    memset(name, '&', NAME);
    name[NAME] = '\0';
    report_section(&report, "Traffic", "");
    for (size_t i = 0; i < TABLES; i++) {
        report_table(&report, "Top pages", columns, COUNT(columns));
        for (size_t n = 0; n < ROWS; n++) {
            report_row(&report, 1);
            report_cell(&report, name);
            report_detail(&report, name, NULL);
            for (size_t cell = 1; cell < COUNT(columns); cell++)
                report_cell(&report, "1,234,567");
        }
    }
    html_write(&report, &out);
    assert_in_range(out.len, 1, 100 * 1000);
    assert_non_null(strstr(out.data, "More rows are left out"));
    strbuf_free(&out);
    report_free(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats), cmocka_unit_test(tops),
        cmocka_unit_test(longest_names_fit_in_100_kb)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
