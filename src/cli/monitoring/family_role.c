#include "cli/monitoring/family_role.h"

#include <stdio.h>
#include <string.h>

static const char *const status_labels[] = {
    "status", "status_code", "code", "http_status", "result", "outcome",
};

/* Status codes and their classes, the usual words, and the code of spans. */
static const char error_values[] = "5..|5xx|.*err(or)?|fail.*|exception|"
                                   "timeout|unavailable|STATUS_CODE_ERROR";

/* web.dev's upper limits of good, and of needs improvement. */
static const struct {
    const char *name;
    const char *title;
    double good;
    double poor;
} vitals[] = {
    {"web_lcp_seconds", "Largest Contentful Paint", 2.5, 4},
    {"web_fcp_seconds", "First Contentful Paint", 1.8, 3},
    {"web_ttfb_seconds", "Time To First Byte", 0.8, 1.8},
    {"web_inp_seconds", "Interaction to Next Paint", 0.2, 0.5},
    {"web_cls_ratio", "Cumulative Layout Shift", 0.1, 0.25},
};

/* Words in the name of a latency: those of the first list are enough, the
 * others need a unit of time. */
static const char *const waiting_words[] = {"latency", "duration", NULL};
static const char *const request_words[] = {"request", "requests", "response",
                                            "responses", NULL};
static const char *const time_words[] = {"time", NULL};

/* Units of time, and how many make a second. */
static const struct {
    const char *name;
    double second;
} time_units[] = {{"seconds", 1}, {"milliseconds", 1000}, {"ms", 1000}};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *find_status_label(const struct family *family) {
    for (size_t i = 0; i < LENGTH(status_labels); i++)
        for (size_t k = 0; k < family->label_count; k++)
            if (strcmp(family->labels[k].name, status_labels[i]) == 0)
                return status_labels[i];
    return NULL;
}

bool family_has_word(const struct family *family, const char *const *words) {
    for (const char *word = family->name; *word;) {
        const size_t len = strcspn(word, "_:");
        for (size_t i = 0; words[i]; i++)
            if (strlen(words[i]) == len && strncmp(word, words[i], len) == 0)
                return true;
        word += len + (word[len] != '\0');
    }
    return false;
}

/* How many of the family's units make a second; 0 if the unit is not one of
 * time, -1 if it is unknown. */
static double second_of(const struct family *family) {
    const char *last = strrchr(family->name, '_');
    const char *unit = *family->unit ? family->unit : last ? last + 1 : "";
    for (size_t i = 0; i < LENGTH(time_units); i++)
        if (strcmp(unit, time_units[i].name) == 0)
            return time_units[i].second;
    if (*family->unit)
        return 0;
    return strstr(family->help, "millisecond") ? 1000 : -1;
}

/* Excludes histograms such as request_size_bytes. */
static bool measures_latency(const struct family *family, double second) {
    if (second > 0)
        return family_has_word(family, waiting_words) ||
               family_has_word(family, request_words);
    return second < 0 && (family_has_word(family, waiting_words) ||
                          (family_has_word(family, request_words) &&
                           family_has_word(family, time_words)));
}

/* The first bound that is not below `wanted`, else the last bound. */
static double bound_at(const struct family *family, double wanted) {
    for (size_t i = 0; i < family->bound_count; i++)
        if (family->bounds[i] >= wanted)
            return family->bounds[i];
    return family->bound_count > 0 ? family->bounds[family->bound_count - 1]
                                   : 0;
}

static void set_latency(struct family_role *role, const struct family *family) {
    for (size_t i = 0; i < LENGTH(vitals); i++) {
        if (strcmp(family->name, vitals[i].name) != 0)
            continue;
        role->latency = role->vital = true;
        role->title = vitals[i].title;
        role->target = bound_at(family, vitals[i].good);
        role->poor = vitals[i].poor;
        role->objective = SLO_VITALS;
        return;
    }
    const double second = second_of(family);
    if (family->bound_count == 0 || family_sum_falls(family) ||
        !measures_latency(family, second))
        return;
    role->latency = true;
    role->target = bound_at(family, second > 0 ? second : 1);
    role->objective = SLO_LATENCY;
}

struct family_role family_role(const struct family *family) {
    struct family_role role = {.latency = false};
    if (metric_shape(family->type) == SHAPE_TOTAL ||
        metric_shape(family->type) == SHAPE_BUCKETS)
        role.error_label = find_status_label(family);
    role.error_values = role.error_label ? error_values : NULL;
    if (metric_shape(family->type) == SHAPE_BUCKETS)
        set_latency(&role, family);
    return role;
}

/* The counter of that name, which needs a status label if the histogram has
 * one. */
static const struct family *find_counter(const struct registry *registry,
                                         const struct family *histogram,
                                         int stem, const char *end) {
    char name[FAMILY_NAME_MAX + 16];
    const int len =
        snprintf(name, sizeof(name), "%.*s%s", stem, histogram->name, end);
    const struct family *found = registry_find(registry, name, (size_t)len);
    return found && metric_shape(found->type) == SHAPE_TOTAL &&
                   (find_status_label(found) || !find_status_label(histogram))
               ? found
               : NULL;
}

const struct family *family_counter(const struct registry *registry,
                                    const struct family *histogram) {
    static const char *const units[] = {"_duration_seconds", "_latency_seconds",
                                        "_seconds"};
    static const char *const ends[] = {"s_total", "_total", "_calls_total"};
    const size_t len = strlen(histogram->name);
    for (size_t i = 0;
         metric_shape(histogram->type) == SHAPE_BUCKETS && i < LENGTH(units);
         i++) {
        const size_t unit = strlen(units[i]);
        if (len <= unit || strcmp(histogram->name + len - unit, units[i]) != 0)
            continue;
        const int stem = (int)(len - unit);
        const struct family *found = NULL;
        for (size_t k = 0; !found && k < LENGTH(ends); k++)
            found = find_counter(registry, histogram, stem, ends[k]);
        return found;
    }
    return NULL;
}
