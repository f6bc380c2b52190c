/* The slowest routes of the API calls that pages make. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/sections.h"

bool request_failed(const struct content *content, const struct sum *calls) {
    const char *status = ask_label(&content->ask, calls, "status");
    return strcmp(status, "5xx") == 0 || strcmp(status, "error") == 0;
}

/* A route with its method. */
struct called_route {
    const char *route;
    const char *method;
    double calls;
    double failed;
    double p95;
    double before; /* its p95 */
};

struct called_routes {
    struct called_route *rows;
    size_t count;
};

/* Of routes with an equal p95, the most called one comes first. */
static int compare(const void *a, const void *b) {
    const struct called_route *left = a;
    const struct called_route *right = b;
    const double one = isnan(left->p95) ? -1 : left->p95;
    const double other = isnan(right->p95) ? -1 : right->p95;
    int result = (one < other) - (one > other);
    if (result == 0)
        result = (left->calls < right->calls) - (left->calls > right->calls);
    if (result == 0)
        result = strcmp(left->route, right->route);
    return result != 0 ? result : strcmp(left->method, right->method);
}

static struct called_route *find(const struct content *content,
                                 struct called_routes *routes,
                                 const struct sum *sum) {
    const char *route = ask_label(&content->ask, sum, "route");
    const char *method = ask_label(&content->ask, sum, "method");
    for (size_t i = 0; i < routes->count; i++)
        if (strcmp(routes->rows[i].route, route) == 0 &&
            strcmp(routes->rows[i].method, method) == 0)
            return &routes->rows[i];
    routes->rows[routes->count] = (struct called_route){
        .route = route, .method = method, .p95 = NAN, .before = NAN};
    return &routes->rows[routes->count++];
}

/* Called routes, the slowest first. */
static int find_routes(const struct content *content, const struct sums *calls,
                       struct called_routes *routes, struct err *err) {
    struct sums p95 = {NULL, 0};
    if (content_has(content, FAMILY_REQUEST_SECONDS) &&
        ask_quantile(&content->ask, "0.95", FAMILY_REQUEST_SECONDS,
                     "route, method", &p95, err) != 0)
        return -1;
    routes->rows =
        arena_take(&content->report->arena,
                   (calls->count + p95.count) * sizeof(*routes->rows) + 1);
    if (!routes->rows)
        return err_no_memory(err);
    for (size_t i = 0; i < calls->count; i++) {
        struct called_route *route = find(content, routes, &calls->rows[i]);
        route->calls += calls->rows[i].now;
        if (request_failed(content, &calls->rows[i]))
            route->failed += calls->rows[i].now;
    }
    for (size_t i = 0; i < p95.count; i++) {
        struct called_route *route = find(content, routes, &p95.rows[i]);
        route->p95 = p95.rows[i].now;
        route->before = p95.rows[i].before;
    }
    size_t kept = 0;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->rows[i].calls > 0)
            routes->rows[kept++] = routes->rows[i];
    routes->count = kept;
    if (kept > 0)
        qsort(routes->rows, kept, sizeof(*routes->rows), compare);
    return 0;
}

static void add_route(const struct content *content,
                      const struct called_route *route) {
    struct report *report = content->report;
    struct arena *arena = &report->arena;
    const double failed = route->failed / route->calls;
    const char *change = show_change(arena, route->p95, route->before);
    report_row(report, NAN);
    report_cell(report,
                show_format(arena, "%s %s", route->method, route->route));
    report_cell(report, show_count(arena, route->calls));
    report_toned(report, show_percent(arena, failed),
                 failed >= 0.01 ? TONE_POOR : TONE_PLAIN);
    report_cell(report, show_seconds(arena, route->p95));
    report_toned(report, change, content_tone(change));
}

int section_requests(struct content *content, struct err *err) {
    static const struct report_column columns[] = {{"Route", true},
                                                   {"Calls", false},
                                                   {"Failed", false},
                                                   {"p95", false},
                                                   {"Change", false}};
    struct called_routes routes = {.count = 0};
    struct sums calls = {NULL, 0};
    if (content_growth(content, FAMILY_REQUESTS, "route, method, status",
                       &calls, err) != 0 ||
        find_routes(content, &calls, &routes, err) != 0)
        return -1;
    if (routes.count == 0) {
        content_miss(content,
                     "API calls: add `data-observe-requests=\"/api/**=api\"` "
                     "to the tag of the browser client to count and time the "
                     "calls of your APIs.");
        return 0;
    }
    report_section(content->report, "Slowest API calls",
                   "As users see them. Failed: status 5xx, or no response");
    report_table(content->report, "API routes by p95", columns,
                 sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < routes.count && i < SECTION_ROWS; i++)
        add_route(content, &routes.rows[i]);
    content_more(content, SECTION_ROWS, routes.count);
    return 0;
}
