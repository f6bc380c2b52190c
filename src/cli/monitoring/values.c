#include "cli/monitoring/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/guide.h"
#include "base/json_writer.h"
#include "cli/monitoring/board.h"
#include "cli/monitoring/family_role.h"
#include "templates.h"

/* The second of two replicas has the suffix -2. */
static void add_replicas(struct value_list *list, size_t count) {
    static const struct template_value first[] = {
        {.name = "suffix"},
        {.name = "other_suffix", .text = "-2"},
        {.name = "zero", .text = "0"},
        {.name = "three", .text = "3"},
        {.name = "eight", .text = "8"},
        {.name = NULL}};
    static const struct template_value second[] = {
        {.name = "suffix", .text = "-2"}, {.name = "other_suffix"},
        {.name = "zero", .text = "1"},    {.name = "three", .text = "4"},
        {.name = "eight", .text = "9"},   {.name = NULL}};
    static const struct template_row rows[] = {{first}, {second}};
    value_add_rows(list, "replicas", rows, count);
}

/* Adds a list whose rows have one value each. */
static void add_texts(struct value_list *list, const char *name,
                      const char *value, const char *const *texts,
                      size_t count) {
    struct template_row *rows = value_take_rows(list, count);
    for (size_t i = 0; rows && i < count; i++) {
        struct value_list row;
        value_list_init(&row, list->arena, 1);
        value_add(&row, value, texts[i]);
        rows[i].values = row.values;
    }
    value_add_rows(list, name, rows, count);
}

/* Adds each team once: a service may have the name of another team. */
static void add_teams(struct value_list *list,
                      const struct string_list *services) {
    static const char operations[] = "operations";
    const char **teams =
        arena_take(list->arena, (services->count + 2) * sizeof(char *));
    size_t count = 0;
    if (!teams)
        return;
    teams[count++] = operations;
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->strings[i], operations) != 0 &&
            strcmp(services->strings[i], MONITORING_TEAM) != 0)
            teams[count++] = services->strings[i];
    teams[count++] = MONITORING_TEAM;
    add_texts(list, "teams", "team", teams, count);
}

/* Adds the mount as a string of JSON, which is also valid in YAML. */
static void add_mount(struct value_list *list, const char *mount) {
    struct strbuf text = {0};
    mount = mount ? mount : "/tallyman";
    size_t len = strlen(mount);
    while (len > 0 && mount[len - 1] == '/')
        len--;
    json_write_string(mount, len, JSON_ESCAPE_CONTROL, &text);
    if (text.failed)
        list->arena->failed = true;
    else
        value_format(list, "mount", "%.*s", (int)text.len - 2, text.data + 1);
    strbuf_free(&text);
}

/* A log of this size, or of half the permitted size, is large. */
#define LARGE_WAL (256LL * 1024 * 1024)

static void add_limits(struct value_list *list,
                       const struct monitoring *monitoring) {
    const struct limits *limits = &monitoring->config->limits;
    const long long seconds = strtoll(monitoring->scrape_interval, NULL, 10);
    const long long half = limits->wal_bytes / 2;
    value_format(list, "limit_series", "%lld", limits->series);
    value_format(list, "limit_families", "%lld", limits->families);
    value_format(list, "wal_bytes", "%lld",
                 half < LARGE_WAL ? half : LARGE_WAL);
    /* The timeout of a scrape, at most 10 s. */
    value_format(list, "scrape_seconds", "%lld", seconds < 10 ? seconds : 10);
    value_format(list, "interval_seconds", "%lld", seconds);
}

static bool is_dropped(const struct sessions_config *sessions,
                       const char *label) {
    for (size_t i = 0; i < sessions->drop_labels.count; i++)
        if (strcmp(sessions->drop_labels.strings[i], label) == 0)
            return true;
    return strcmp(label, "user_login") == 0 &&
           sessions->user_labels == USER_LABELS_OFF;
}

/* Flags the labels that sessions keep. */
static void add_sessions(struct value_list *list,
                         const struct sessions_config *sessions) {
    value_flag(list, "sessions", sessions->enabled);
    value_flag(list, "session_variables", sessions->variables.count > 0);
    for (size_t i = 0; session_label_names[i]; i++)
        value_flag(list, session_label_names[i],
                   !is_dropped(sessions, session_label_names[i]));
}

static void add_boards(struct value_list *list,
                       const struct monitoring *monitoring) {
    for (const struct board *board = boards; board->name; board++)
        value_flag(list, board->name, board_has(monitoring, board));
}

static void add_choices(struct value_list *list,
                        const struct monitoring *monitoring) {
    for (const struct template_choice *choice = template_choices;
         choice->option; choice++) {
        const struct template_scope scope = {list->values, NULL};
        value_flag(list, choice->name,
                   monitoring_has(monitoring, choice->name));
        if (*choice->sets &&
            !template_find(&scope, choice->sets, strlen(choice->sets)))
            value_flag(list, choice->sets,
                       monitoring_has(monitoring, choice->sets));
    }
}

/* The share of errors that the objective permits is rounded, to avoid
 * 0.0010000000000000009. */
static void add_objectives(struct value_list *list) {
    value_add(list, "slo_errors", SLO_ERRORS);
    value_add(list, "slo_latency", SLO_LATENCY);
    value_add(list, "slo_vitals", SLO_VITALS);
    value_format(list, "slo_errors_rest", "%g", 1 - strtod(SLO_ERRORS, NULL));
}

/* For expressions about all histograms: the suffix of the series, and the label
 * of the bounds. Native histograms have neither. */
static void add_histograms(struct value_list *list, bool native) {
    value_flag(list, "native_histograms", native);
    value_add(list, "bucket", native ? "" : "_bucket");
    value_add(list, "by_le", native ? "" : " by (le)");
    value_add(list, "and_le", native ? "" : ", le");
}

static void add_derived(struct value_list *list,
                        const struct monitoring *monitoring) {
    value_flag(list, "victoria",
               monitoring_has(monitoring, "stack_victoria") ||
                   monitoring_has(monitoring, "storage_victoria"));
    value_flag(list, "high_availability", monitoring->high_availability);
    add_histograms(list, monitoring->native_histograms);
    value_flag(list, "with_exemplars", monitoring_has_exemplars(monitoring));
    value_flag(list, "two_sources",
               monitoring->high_availability &&
                   (monitoring_has(monitoring, "stack_victoria") ||
                    monitoring_has(monitoring, "storage_local")));
    /* Alerts that can wait avoid a pager if another channel exists. */
    value_flag(list, "pages_for_all",
               !monitoring_has(monitoring, "alerting_channels_slack") &&
                   !monitoring_has(monitoring, "alerting_channels_email") &&
                   !monitoring_has(monitoring, "alerting_channels_webhook"));
    /* Prometheus shows the runbooks below /user (see docker-compose.yml). */
    value_add(list, "runbooks",
              monitoring_has(monitoring, "stack_victoria")
                  ? "runbooks"
                  : "{{ $externalURL }}/user");
    value_add(list, "scheme", monitoring->tls ? "https" : "http");
    value_add(list, "token_file", monitoring->token_file);
    value_flag(list, "token_is_outside",
               monitoring->token_file && monitoring->token_file[0] == '/');
    value_add(list, "guide", GUIDE_MONITORING);
    value_add(list, "environment", monitoring->environment);
    value_add(list, "retention", monitoring->retention);
    value_flag(list, "short_budgets",
               monitoring->short_retention &&
                   (monitoring_has(monitoring, "stack_victoria") ||
                    monitoring_has(monitoring, "storage_local")));
    value_add(list, "scrape_interval", monitoring->scrape_interval);
    value_add(list, "datasource", "${datasource}"); /* Grafana's own */
}

const struct template_value *values_of(const struct monitoring *monitoring,
                                       struct arena *arena) {
    enum { VALUES_MAX = 110 };
    const struct string_list *services = &monitoring->services;
    struct value_list list;
    value_list_init(&list, arena, VALUES_MAX);
    add_choices(&list, monitoring);
    add_derived(&list, monitoring);
    add_objectives(&list);
    add_replicas(&list, monitoring->high_availability ? 2 : 1);
    add_texts(&list, "services", "service", services->strings, services->count);
    add_teams(&list, services);
    add_texts(&list, "nodes", "node", monitoring->nodes.strings,
              monitoring->nodes.count);
    add_mount(&list, monitoring->config->mount);
    add_limits(&list, monitoring);
    add_sessions(&list, &monitoring->config->sessions);
    add_boards(&list, monitoring);
    return arena->failed ? NULL : list.values;
}
