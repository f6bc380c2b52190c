#include "sessions/families.h"

#include <string.h>

#include "sessions/labels.h"

/* Seconds: a glance, ..., a working day. */
static const double length_bounds[] = {10,  30,   60,   120,  300,   600,
                                       900, 1800, 3600, 7200, 14400, 28800};
enum { LENGTH_BOUNDS = sizeof(length_bounds) / sizeof(length_bounds[0]) };

/* In the order of session_rules. The first two names are those of the panel's
 * own server. */
static const struct {
    const char *name;
    const char *help;
    const char *unit;
    enum metric_type type;
} families[SESSION_FAMILIES] = {
    [SESSIONS_BEGUN] = {"grafana_analytics_sessions_total",
                        "Sessions with a Grafana dashboard that have begun.",
                        "", METRIC_COUNTER},
    [SESSIONS_DURATION] =
        {"grafana_analytics_sessions_duration_seconds_total",
         "Time that dashboards were open, as far as heartbeats tell.",
         "seconds", METRIC_COUNTER},
    [SESSIONS_FOCUSED] =
        {"grafana_analytics_sessions_focused_seconds_total",
         "Of the duration, the time that dashboards had the focus.", "seconds",
         METRIC_COUNTER},
    [SESSIONS_LENGTHS] =
        {"grafana_analytics_session_duration_seconds",
         "Durations of the sessions that are over, by dashboard.", "seconds",
         METRIC_HISTOGRAM},
    [SESSIONS_VARIABLES] =
        {"grafana_analytics_variables_total",
         "Sessions that began with a value of a dashboard variable.", "",
         METRIC_COUNTER},
};

static int set_bounds(struct registry *registry, struct family *family) {
    family->bounds = arena_take(&registry->arena, sizeof(length_bounds));
    if (!family->bounds)
        return -1;
    memcpy(family->bounds, length_bounds, sizeof(length_bounds));
    family->bound_count = LENGTH_BOUNDS;
    return 0;
}

static int add_family(struct config *config, size_t index) {
    struct registry *registry = &config->registry;
    struct family *family = registry_add(registry, families[index].name,
                                         strlen(families[index].name));
    if (!family)
        return -1;
    family->help = families[index].help;
    family->unit = families[index].unit;
    family->type = families[index].type;
    family->internal = true;
    family->any_labels = true;
    config->session_rules.families[index] = family;
    return metric_shape(family->type) == SHAPE_BUCKETS
               ? set_bounds(registry, family)
               : 0;
}

static int forbid_labels(struct config *config) {
    struct string_list *forbidden = &config->session_rules.forbidden_labels;
    *forbidden = (struct string_list){
        .strings =
            arena_take(&config->arena, SESSION_LABELS_MAX * sizeof(char *))};
    if (!forbidden->strings)
        return -1;
    for (size_t i = 0; session_label_names[i]; i++)
        if (!session_label_permitted(&config->sessions, session_label_names[i]))
            forbidden->strings[forbidden->count++] = session_label_names[i];
    return 0;
}

int session_families_register(struct config *config) {
    const struct sessions_config *sessions = &config->sessions;
    struct session_rules *rules = &config->session_rules;
    if (!sessions->enabled)
        return 0;
    rules->timeout = (double)sessions->timeout_seconds;
    rules->keep_seconds = sessions->keep_hours * 3600;
    rules->max_series = (size_t)sessions->max_series;
    rules->max_variable_values = (size_t)sessions->max_variable_values;
    for (size_t i = 0; i < SESSION_FAMILIES; i++)
        if (add_family(config, i) != 0)
            return -1;
    rules->hashed_logins = sessions->user_labels == USER_LABELS_HASH;
    config->registry.session_rules = rules;
    return forbid_labels(config);
}
