#include "sessions/families.h"

#include "sessions/labels.h"

/* In seconds, from a glance to a working day. */
static double lengths[] = {10,  30,   60,   120,  300,   600,
                           900, 1800, 3600, 7200, 14400, 28800};

/* In the order of session_rules. The panel's own server has the first two
 * names. */
static const struct family families[SESSION_FAMILIES] = {
    [SESSIONS_BEGUN] = {.name = "grafana_analytics_sessions_total",
                        .help = "Sessions started with a Grafana "
                                "dashboard.",
                        .unit = "",
                        .type = METRIC_COUNTER},
    [SESSIONS_DURATION] =
        {.name = "grafana_analytics_sessions_duration_seconds_total",
         .help = "Time that dashboards were open, by their heartbeats.",
         .unit = "seconds",
         .type = METRIC_COUNTER},
    [SESSIONS_FOCUSED] =
        {.name = "grafana_analytics_sessions_focused_seconds_total",
         .help = "Time that dashboards were open and had the focus.",
         .unit = "seconds",
         .type = METRIC_COUNTER},
    [SESSIONS_LENGTHS] = {.name = "grafana_analytics_session_duration_seconds",
                          .help = "Durations of ended sessions, by dashboard.",
                          .unit = "seconds",
                          .type = METRIC_HISTOGRAM,
                          .bounds = lengths,
                          .bound_count = sizeof(lengths) / sizeof(lengths[0])},
    [SESSIONS_VARIABLES] =
        {.name = "grafana_analytics_variables_total",
         .help = "Sessions started, by value of a dashboard variable.",
         .unit = "",
         .type = METRIC_COUNTER},
};

static int add_family(struct config *config, size_t index) {
    struct family *family = registry_copy(&config->registry, &families[index]);
    if (!family)
        return -1;
    family->internal = true;
    family->open = false;
    config->session_rules.families[index] = family;
    return 0;
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
