/* rules/recording.yml: what dashboards and alerts ask for again and again. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cli/monitoring/family_role.h"
#include "cli/monitoring/parts.h"

/* The windows of the objectives, and of each counter with all its labels. */
static const char *const windows[] = {"5m", "30m", "1h", "2h",
                                      "6h", "1d",  "3d", NULL};
static const char *const counter_windows[] = {"5m", "30m", "1h", "6h", NULL};
enum { SHORT_WINDOWS = 3 }; /* those that are read from the raw series */

static const struct {
    const char *name;
    const char *number;
} quantiles[] = {
    {"p50", "0.5"}, {"p75", "0.75"}, {"p95", "0.95"}, {"p99", "0.99"}};
enum { QUANTILES = sizeof(quantiles) / sizeof(quantiles[0]) };

#define SELECT "{job=\"" MONITORING_JOB "\"}"
#define BY "sum by (service, environment)"

/* Writes about one family. */
struct writing {
    const struct monitoring *monitoring;
    struct strbuf *out;
    const struct family *family;
    struct family_role role;
    int base;         /* see monitoring_base */
    const char *more; /* of what counts events, see monitoring_count */
};

/* Expressions stand in single quotes: they have none themselves. */
static void add_rule(struct writing *writing, const char *record,
                     const char *expr) {
    strbuf_printf(writing->out,
                  "      - record: %s\n"
                  "        expr: '%s'\n",
                  record, expr);
}

static void add_labelled(struct writing *writing, const char *record,
                         const char *expr) {
    add_rule(writing, record, expr);
    strbuf_printf(writing->out,
                  "        labels:\n"
                  "          family: \"%.*s\"\n",
                  writing->base, writing->family->name);
}

/* Its format makes the expression. */
__attribute__((format(printf, 4, 5))) static void
add_made(struct writing *writing, const char *record, bool labelled,
         const char *format, ...) {
    char expr[2 * FAMILY_NAME_MAX + 1000];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(expr, sizeof(expr), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(expr))
        writing->out->failed = true;
    else if (labelled)
        add_labelled(writing, record, expr);
    else
        add_rule(writing, record, expr);
}

/* Room for the name of a recorded series. */
enum { RECORD_SIZE = FAMILY_NAME_MAX + 40 };

static void add_rate(struct writing *writing, const char *base, int base_len,
                     const char *name, const char *window) {
    char record[RECORD_SIZE];
    (void)snprintf(record, sizeof(record), "total:%.*s:rate%s", base_len, base,
                   window);
    add_made(writing, record, false,
             "sum without (instance) (rate(%s" SELECT "[%s]))", name, window);
}

static void add_counter(struct writing *writing) {
    const char *name = writing->family->name;
    char record[RECORD_SIZE];
    for (size_t i = 0; counter_windows[i]; i++)
        add_rate(writing, name, writing->base, name, counter_windows[i]);
    (void)snprintf(record, sizeof(record), "total:%s:sum", name);
    add_made(writing, record, false,
             "sum without (instance) (last_over_time(%s" SELECT "[1h]))", name);
}

static void add_parts(struct writing *writing, bool buckets) {
    static const char *const parts[] = {"_count", "_sum", "_bucket"};
    /* Of what may fall there are only buckets. */
    for (size_t i = family_sum_falls(writing->family) ? 2 : 0;
         i < (buckets ? 3U : 2U); i++) {
        char name[RECORD_SIZE];
        (void)snprintf(name, sizeof(name), "%s%s", writing->family->name,
                       parts[i]);
        add_rate(writing, name, (int)strlen(name), name, "5m");
    }
}

static void add_histogram(struct writing *writing) {
    const char *name = writing->family->name;
    add_parts(writing, true);
    for (size_t i = 0; i < QUANTILES; i++) {
        char record[RECORD_SIZE];
        (void)snprintf(record, sizeof(record), "total:%s:%s", name,
                       quantiles[i].name);
        add_made(writing, record, false,
                 "histogram_quantile(%s, total:%s_bucket:rate5m)",
                 quantiles[i].number, name);
    }
}

/* A last value of one node is no value of all: that gauge stays as it is. */
static void add_gauge(struct writing *writing) {
    static const char *const rules[] = {[GAUGE_LAST] = NULL,
                                        [GAUGE_MAX] = "max",
                                        [GAUGE_MIN] = "min",
                                        [GAUGE_SUM] = "sum"};
    const char *rule = rules[writing->family->gauge];
    char record[RECORD_SIZE];
    if (!rule)
        return;
    (void)snprintf(record, sizeof(record), "total:%s:%s", writing->family->name,
                   rule);
    add_made(writing, record, false,
             "%s without (instance) (last_over_time(%s" SELECT "[1h]))", rule,
             writing->family->name);
}

static void add_totals(struct writing *writing) {
    switch (metric_shape(writing->family->type)) {
    case SHAPE_TOTAL:
        add_counter(writing);
        break;
    case SHAPE_BUCKETS:
        add_histogram(writing);
        break;
    case SHAPE_OBSERVATIONS:
        add_parts(writing, false);
        break;
    case SHAPE_VALUE:
        add_gauge(writing);
        break;
    }
}

/* A rate over a short window of the series that the selector names; 0 where
 * there are events but none of these as yet. */
static void add_short(struct writing *writing, const char *record,
                      const char *window, const char *name,
                      const char *selector) {
    if (*selector)
        add_made(writing, record, true,
                 BY " (rate(%s{job=\"%s\"%s%s}[%s])) or "
                    "on (service, environment) "
                    "family:events:rate%s{family=\"%.*s\"} * 0",
                 name, MONITORING_JOB, writing->more, selector, window, window,
                 writing->base, writing->family->name);
    else
        add_made(writing, record, true, BY " (rate(%s{job=\"%s\"%s}[%s]))",
                 name, MONITORING_JOB, writing->more, window);
}

/* A rate over each window under the name family:WHAT:rateW; the long ones are
 * means of the shortest. */
static void add_windows(struct writing *writing, const char *what,
                        const char *name, const char *selector) {
    char record[RECORD_SIZE];
    for (size_t i = 0; windows[i]; i++) {
        (void)snprintf(record, sizeof(record), "family:%s:rate%s", what,
                       windows[i]);
        if (i < SHORT_WINDOWS)
            add_short(writing, record, windows[i], name, selector);
        else
            add_made(writing, record, true,
                     "avg_over_time(family:%s:rate5m{family=\"%.*s\"}[%s])",
                     what, writing->base, writing->family->name, windows[i]);
    }
}

/* What share of the events is of that kind, where there are any. */
static void add_ratios(struct writing *writing, const char *ratio,
                       const char *what) {
    char record[RECORD_SIZE];
    int len = writing->base;
    const char *base = writing->family->name;
    for (size_t i = 0; windows[i]; i++) {
        (void)snprintf(record, sizeof(record), "family:%s:rate%s", ratio,
                       windows[i]);
        add_made(writing, record, true,
                 "family:%s:rate%s{family=\"%.*s\"} / "
                 "(family:events:rate%s{family=\"%.*s\"} > 0)",
                 what, windows[i], len, base, windows[i], len, base);
    }
}

static void add_budget(struct writing *writing, const char *record,
                       const char *what, const char *objective) {
    int len = writing->base;
    const char *base = writing->family->name;
    add_made(writing, record, true,
             "1 - avg_over_time(family:%s:rate5m{family=\"%.*s\"}[30d]) / "
             "(avg_over_time(family:events:rate5m{family=\"%.*s\"}[30d]) > 0) "
             "/ (1 - %s)",
             what, len, base, len, base, objective);
}

static void add_errors(struct writing *writing, const char *name) {
    struct strbuf selector = {0};
    strbuf_printf(&selector, ",%s=~\"%s\"", writing->role.error_label,
                  writing->role.error_values);
    add_windows(writing, "errors", name, selector.failed ? "" : selector.data);
    writing->out->failed |= selector.failed;
    strbuf_free(&selector);
    add_ratios(writing, "error_ratio", "errors");
    add_budget(writing, "family:error_budget:remaining30d", "errors",
               SLO_ERRORS);
}

/* Slow is what is in no bucket up to the target. */
static void add_slow(struct writing *writing) {
    struct strbuf target = {0};
    char record[RECORD_SIZE];
    int len = writing->base;
    const char *base = writing->family->name;
    monitoring_bound(writing->role.target, &target);
    for (size_t i = 0; windows[i]; i++) {
        (void)snprintf(record, sizeof(record), "family:slow:rate%s",
                       windows[i]);
        if (i < SHORT_WINDOWS)
            add_made(writing, record, true,
                     BY " (rate(%s_count" SELECT "[%s])) - " BY
                        " (rate(%s_bucket{job=\"%s\",le=~\"%s\"}[%s]))",
                     base, windows[i], base, MONITORING_JOB,
                     target.failed ? "" : target.data, windows[i]);
        else
            add_made(writing, record, true,
                     "avg_over_time(family:slow:rate5m{family=\"%.*s\"}[%s])",
                     len, base, windows[i]);
    }
    writing->out->failed |= target.failed;
    strbuf_free(&target);
    add_ratios(writing, "slow_ratio", "slow");
    add_budget(writing, "family:latency_budget:remaining30d", "slow",
               writing->role.objective);
}

/* A number that is there whenever the family is. */
static void add_constant(struct writing *writing, const char *record,
                         const char *number) {
    add_made(writing, record, true,
             "family:events:rate5m{family=\"%s\"} * 0 + %s",
             writing->family->name, number);
}

static void add_latency(struct writing *writing) {
    char record[RECORD_SIZE];
    char target[NUMBER_SIZE];
    for (size_t i = 0; i < QUANTILES; i++) {
        (void)snprintf(record, sizeof(record), "family:latency:%s",
                       quantiles[i].name);
        add_made(writing, record, true,
                 "histogram_quantile(%s, sum by (le, service, environment) "
                 "(rate(%s_bucket" SELECT "[5m])))",
                 quantiles[i].number, writing->family->name);
    }
    (void)number_format(writing->role.target, target);
    add_constant(writing, "family:latency:target", target);
    add_constant(writing, "family:latency:objective", writing->role.objective);
    add_slow(writing);
}

/* What alerts and objectives are about. A histogram of requests beside a
 * counter of them has their errors a second time. */
static void add_golden(struct writing *writing) {
    char name[RECORD_SIZE];
    const struct registry *registry = &writing->monitoring->config->registry;
    (void)snprintf(name, sizeof(name), "%s%s", writing->family->name,
                   monitoring_count(writing->family, &writing->more));
    add_windows(writing, "events", name, "");
    if (writing->role.error_label && !family_counter(registry, writing->family))
        add_errors(writing, name);
    if (writing->role.latency)
        add_latency(writing);
}

static void add_group(struct writing *writing, const char *which,
                      const char *interval, void (*add)(struct writing *)) {
    size_t before = writing->out->len;
    strbuf_printf(writing->out,
                  "\n"
                  "  - name: %s.%s\n"
                  "%s"
                  "    rules:\n",
                  which, writing->family->name, interval);
    size_t head = writing->out->len;
    add(writing);
    if (writing->out->len == head && !writing->out->failed) {
        writing->out->len = before; /* nothing to say about this one */
        writing->out->data[before] = '\0';
    }
}

static bool is_pushed_total(const struct family *family) {
    return metric_shape(family->type) == SHAPE_TOTAL ||
           metric_shape(family->type) == SHAPE_BUCKETS;
}

static void add_head(struct strbuf *out) {
    strbuf_add_string(
        out,
        "# Made by `tallyman monitoring` from the allowlist. Families that "
        "pushes add by\n"
        "# themselves (open_families) are not in here.\n"
        "#\n"
        "# total:* adds up the nodes and keeps the labels; family:* is one "
        "series for each\n"
        "# family, by service and environment, which is what the alerts look "
        "at. Rates are\n"
        "# made before they are added: so a node that starts again or is down "
        "makes\n"
        "# neither a jump nor a gap. Totals count a node for an hour after it "
        "was seen\n"
        "# last; never make a rate of them.\n"
        "#\n"
        "# From two hours on a rate is the mean of the five-minute rates.\n"
        "groups:");
}

int recording_rules_add(const struct monitoring *monitoring,
                        struct output *output, struct err *err) {
    struct strbuf *out = output_add(output, "rules/recording.yml");
    const struct registry *registry = &monitoring->config->registry;
    add_head(out);
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct family *family = registry->families[i];
        struct writing writing = {monitoring,
                                  out,
                                  family,
                                  family_role(family),
                                  monitoring_base(monitoring, family),
                                  ""};
        add_group(&writing, "total", "", add_totals);
        if (is_pushed_total(family))
            add_group(&writing, "family", "    interval: 1m\n", add_golden);
    }
    if (registry_count(registry) == 0)
        strbuf_add_string(out, " []\n");
    return output->failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}
