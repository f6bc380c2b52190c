/* sections: the parts of a weekly report, from one snapshot of the data.
 *
 * A section adds itself to the report, or only a line to `missing` that
 * explains how to fill it. All functions return -1 with err set. */
#ifndef TALLYMAN_CLI_REPORT_SECTIONS_H
#define TALLYMAN_CLI_REPORT_SECTIONS_H

#include "cli/report/ask.h"
#include "cli/report/report.h"
#include "cli/report/show.h"

/* A family that queries can select. */
struct known_family {
    const char *name;
    const char *help;
    enum metric_type type;
    bool internal;
};

enum { MISSING_MAX = 16 };

/* The report and its sources, which all sections share. */
struct content {
    struct report *report;
    struct ask ask;
    int64_t now; /* Unix seconds */
    struct known_family *families;
    size_t family_count;
    const char *missing[MISSING_MAX]; /* lines about omitted sections */
    size_t missing_count;
};

/* The maximum number of rows in a table. */
enum { SECTION_ROWS = 10 };

bool content_has(const struct content *content, const char *family);

/* Adds a line that explains a missing section. */
void content_miss(struct content *content, const char *line);

/* As ask_growth; no rows for an unknown family. */
int content_growth(const struct content *content, const char *metric,
                   const char *by, struct sums *sums, struct err *err);

/* Sorts named sums and adds a table of them: number, share and change, with a
 * bar for each row. */
void content_table(const struct content *content, const char *caption,
                   const struct report_column *columns, struct sums *sums);

/* The line below a table of `shown` rows out of `count`, if there are more. */
void content_more(const struct content *content, size_t shown, size_t count);

/* The columns of such a table. */
#define SUM_COLUMNS(name, number)                                              \
    {                                                                          \
        {(name), true}, {(number), false}, {"Share", false},                   \
            {"Before", false}, {                                               \
            "Change", false                                                    \
        }                                                                      \
    }
enum { SUM_COLUMN_COUNT = 5 };

/* The sum, in which NaN counts as 0; NaN if both are NaN. */
double content_plus(double sum, double value);

/* value as a fraction of most, for a bar. */
double content_part(double value, double most);

/* The tone of a change in a number that should be low. */
enum report_tone content_tone(const char *change);

/* Fills in the days of a plot. */
void content_steps(const struct content *content, struct report_plot *plot);

int section_figures(struct content *content, struct err *err);
int section_alerts(struct content *content, struct err *err);
int section_traffic(struct content *content, struct err *err);
int section_vitals(struct content *content, struct err *err);
int section_errors(struct content *content, struct err *err);
int section_requests(struct content *content, struct err *err);
int section_metrics(struct content *content, struct err *err);

/* A web vital with its limits: good up to, poor above
 * (web.dev/articles/vitals). */
struct vital {
    const char *name;
    const char *family;
    const char *about;
    double limits[2];
};

enum { VITALS = 5, VITAL_FIGURES = 3 };
extern const struct vital vitals[VITALS];

/* The p75 by page, or of all pages: see ask_quantile. */
int vital_p75(const struct content *content, const struct vital *vital,
              const char *by, struct sums *sums, struct err *err);

show *vital_show(const struct vital *vital);

/* `good`, `fair` (needs improvement), `poor`; "" for NaN. */
const char *vital_rating(const struct vital *vital, double value,
                         enum report_tone *tone);

/* Calls that ended with a status 5xx or without a response. The row has the
 * label `status`. */
bool request_failed(const struct content *content, const struct sum *calls);

/* Script errors and unhandled rejections. */
enum { ERROR_FAMILIES = 2 };
extern const char *const error_families[ERROR_FAMILIES];

#define FAMILY_VIEWS "web_page_views_total"
#define FAMILY_VISITS "web_visits_total"
#define FAMILY_REQUESTS "web_requests_total"
#define FAMILY_REQUEST_SECONDS "web_request_seconds"

#endif
