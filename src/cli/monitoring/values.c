#include "cli/monitoring/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "cli/monitoring/family_role.h"
#include "templates.h"

enum { VALUES_MAX = 80 };

/* The values that are being collected. */
struct values {
    const struct monitoring *monitoring;
    struct arena *arena;
    struct template_value *list;
    size_t count;
    bool failed; /* memory ran out */
};

static void add(struct values *values, const char *name, const char *text) {
    if (values->count < VALUES_MAX)
        values->list[values->count++] =
            (struct template_value){.name = name, .text = text};
    else
        values->failed = true;
}

static void add_flag(struct values *values, const char *name, bool flag) {
    add(values, name, flag ? "yes" : NULL);
}

/* Takes the text, which lives on in the arena. */
static const char *keep(struct values *values, struct strbuf *text) {
    const char *copy =
        text->failed ? NULL : arena_copy(values->arena, text->data, text->len);
    values->failed |= !copy;
    strbuf_free(text);
    return copy;
}

static void add_number(struct values *values, const char *name,
                       long long number) {
    struct strbuf text = {0};
    strbuf_printf(&text, "%lld", number);
    add(values, name, keep(values, &text));
}

/* A string of JSON is one of YAML, too. */
static const char *quoted(struct values *values, const char *text) {
    struct strbuf out = {0};
    json_write_string(text, strlen(text), JSON_ESCAPE_CONTROL, &out);
    return keep(values, &out);
}

/* The values of a row: those of count names and texts, and the end. */
static struct template_row row(struct values *values, size_t count,
                               const char *const (*pairs)[2]) {
    struct template_value *list =
        arena_take(values->arena, (count + 1) * sizeof(*list));
    values->failed |= !list;
    for (size_t i = 0; list && i < count; i++)
        list[i] =
            (struct template_value){.name = pairs[i][0], .text = pairs[i][1]};
    if (list)
        list[count] = (struct template_value){.name = NULL};
    return (struct template_row){list};
}

static void add_list(struct values *values, const char *name,
                     const struct template_row *rows, size_t count) {
    add(values, name, NULL);
    values->list[values->count - 1].rows = rows;
    values->list[values->count - 1].row_count = values->failed ? 0 : count;
}

static struct template_row *take_rows(struct values *values, size_t count) {
    struct template_row *rows =
        arena_take(values->arena, (count + 1) * sizeof(*rows));
    values->failed |= !rows;
    return rows;
}

/* The second of two has -2 behind its name. */
static void add_replicas(struct values *values) {
    static const char *const pairs[2][5][2] = {{{"suffix", ""},
                                                {"other_suffix", "-2"},
                                                {"zero", "0"},
                                                {"three", "3"},
                                                {"eight", "8"}},
                                               {{"suffix", "-2"},
                                                {"other_suffix", ""},
                                                {"zero", "1"},
                                                {"three", "4"},
                                                {"eight", "9"}}};
    const size_t count = values->monitoring->high_availability ? 2 : 1;
    struct template_row *rows = take_rows(values, count);
    for (size_t i = 0; rows && i < count; i++)
        rows[i] = row(values, 5, pairs[i]);
    add_list(values, "replicas", rows, count);
}

static void add_services(struct values *values) {
    const struct string_list *services = &values->monitoring->services;
    struct template_row *rows = take_rows(values, services->count);
    for (size_t i = 0; rows && i < services->count; i++) {
        const char *const pairs[][2] = {{"service", services->strings[i]}};
        rows[i] = row(values, 1, pairs);
    }
    add_list(values, "services", rows, services->count);
}

/* Each team once: a service may have the name of one of the two others. */
static void add_teams(struct values *values) {
    static const char operations[] = "operations";
    const struct string_list *services = &values->monitoring->services;
    struct template_row *rows = take_rows(values, services->count + 2);
    size_t count = 0;
    for (size_t i = 0; rows && i < services->count + 2; i++) {
        const char *team = i == 0                ? operations
                           : i > services->count ? MONITORING_TEAM
                                                 : services->strings[i - 1];
        if (i > 0 && i <= services->count &&
            (strcmp(team, operations) == 0 ||
             strcmp(team, MONITORING_TEAM) == 0))
            continue;
        const char *const pairs[][2] = {{"team", team}};
        rows[count++] = row(values, 1, pairs);
    }
    add_list(values, "teams", rows, count);
}

/* The mount with the path of an endpoint behind it, and what comes before. */
static const char *place(struct values *values, const char *scheme,
                         const char *node, const char *endpoint) {
    const char *mount = values->monitoring->config->mount;
    struct strbuf url = {0};
    mount = mount ? mount : "/tallyman";
    size_t len = strlen(mount);
    while (len > 0 && mount[len - 1] == '/')
        len--;
    strbuf_printf(&url, "%s%s%s%.*s%s", scheme, *scheme ? "://" : "", node,
                  (int)len, mount, endpoint);
    const char *text = keep(values, &url);
    return text ? quoted(values, text) : NULL;
}

static void add_nodes(struct values *values) {
    const struct monitoring *monitoring = values->monitoring;
    const char *scheme = monitoring->tls ? "https" : "http";
    const struct string_list *nodes = &monitoring->nodes;
    struct template_row *rows = take_rows(values, nodes->count);
    for (size_t i = 0; rows && i < nodes->count; i++) {
        const char *const pairs[][2] = {
            {"node", nodes->strings[i]},
            {"healthy_url",
             place(values, scheme, nodes->strings[i], "/-/healthy")},
            {"metrics_url",
             place(values, scheme, nodes->strings[i], "/metrics")}};
        rows[i] = row(values, 3, pairs);
    }
    add_list(values, "nodes", rows, nodes->count);
    add(values, "scheme", scheme);
    add(values, "metrics_path", place(values, "", "", "/metrics"));
}

/* How the token file gets into a container, as a string of YAML. */
static void add_token(struct values *values) {
    const char *file = values->monitoring->token_file;
    struct strbuf mount = {0};
    add(values, "token_file", file);
    add(values, "token_file_quoted", file ? quoted(values, file) : NULL);
    if (!file) {
        add(values, "token_mount", NULL);
        return;
    }
    if (file[0] == '/')
        strbuf_printf(&mount, "%s:%s:ro", file, file);
    else
        strbuf_printf(&mount, "./%s:/etc/prometheus/%s:ro", file, file);
    const char *text = keep(values, &mount);
    add(values, "token_mount", text ? quoted(values, text) : NULL);
}

/* A log is large from here on, or at half of what is permitted. */
#define LARGE_WAL (256LL * 1024 * 1024)

static void add_limits(struct values *values) {
    const struct limits *limits = &values->monitoring->config->limits;
    const long long seconds =
        strtoll(values->monitoring->scrape_interval, NULL, 10);
    const long long half = limits->wal_bytes / 2;
    add_number(values, "limit_series", limits->series);
    add_number(values, "limit_series_most", limits->series * 8 / 10);
    add_number(values, "limit_families", limits->families);
    add_number(values, "wal_bytes", half < LARGE_WAL ? half : LARGE_WAL);
    /* What a scrape may take: 10 s at most. */
    add_number(values, "scrape_seconds", seconds < 10 ? seconds : 10);
    add_number(values, "interval_seconds", seconds);
}

/* OPTION_WORD, as a name: with underscores. */
static const char *choice_name(struct values *values,
                               const struct template_choice *choice) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s_%s", choice->option, choice->word);
    for (size_t i = 0; i < name.len && !name.failed; i++)
        if (name.data[i] == '-')
            name.data[i] = '_';
    return keep(values, &name);
}

static bool has(const struct values *values, const char *name) {
    for (size_t i = 0; i < values->count; i++)
        if (values->list[i].name && strcmp(values->list[i].name, name) == 0)
            return true;
    return false;
}

static void set(struct values *values, const char *name) {
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->list[i].name, name) == 0)
            values->list[i].text = "yes";
}

static void add_choices(struct values *values) {
    for (const struct template_choice *choice = template_choices;
         choice->option; choice++) {
        const bool chosen =
            monitoring_chose(values->monitoring, choice->option, choice->word);
        const char *name = choice_name(values, choice);
        if (!name)
            return;
        add_flag(values, name, chosen);
        if (*choice->sets && !has(values, choice->sets))
            add_flag(values, choice->sets, false);
        if (*choice->sets && chosen)
            set(values, choice->sets);
    }
}

static void add_derived(struct values *values) {
    const struct monitoring *monitoring = values->monitoring;
    const bool victoria = monitoring_chose(monitoring, "stack", "victoria");
    const bool all_in_victoria =
        victoria || monitoring_chose(monitoring, "storage", "victoria");
    add_flag(values, "victoria", all_in_victoria);
    add_flag(values, "high_availability", monitoring->high_availability);
    add_flag(
        values, "two_sources",
        monitoring->high_availability &&
            (victoria || monitoring_chose(monitoring, "storage", "local")));
    add_flag(values, "objectives", monitoring_has_objectives(monitoring));
    add(values, "slo_errors", SLO_ERRORS);
    add(values, "slo_latency", SLO_LATENCY);
    add(values, "slo_vitals", SLO_VITALS);
    add_flag(values, "channels", monitoring->chosen[CHOICE_CHANNELS] != 0);
    /* What can wait does not wake anybody up, if there is another way. */
    add_flag(values, "pages_for_all",
             !monitoring_chose(monitoring, "channel", "slack") &&
                 !monitoring_chose(monitoring, "channel", "email") &&
                 !monitoring_chose(monitoring, "channel", "webhook"));
    /* Prometheus shows the runbooks below /user (see docker-compose.yml). */
    add(values, "runbooks", victoria ? "runbooks" : "{{ $externalURL }}/user");
    add(values, "environment", monitoring->environment);
    add(values, "retention", monitoring->retention);
    add(values, "scrape_interval", monitoring->scrape_interval);
    add(values, "datasource", "${datasource}"); /* Grafana's own */
}

const struct template_value *values_of(const struct monitoring *monitoring,
                                       struct arena *arena) {
    struct values values = {.monitoring = monitoring, .arena = arena};
    values.list = arena_take(arena, (VALUES_MAX + 1) * sizeof(*values.list));
    if (!values.list)
        return NULL;
    add_choices(&values);
    add_derived(&values);
    add_replicas(&values);
    add_services(&values);
    add_teams(&values);
    add_nodes(&values);
    add_token(&values);
    add_limits(&values);
    values.list[values.count] = (struct template_value){.name = NULL};
    return values.failed ? NULL : values.list;
}
