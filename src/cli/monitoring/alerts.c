/* rules/alerts.yml and the runbooks of its alerts. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/monitoring/alert_list.h"
#include "cli/monitoring/parts.h"

static void add_string(struct strbuf *out, const char *text) {
    /* A string of JSON is one of YAML, too. */
    json_write_string(text, strlen(text), out);
}

static void add_member(struct strbuf *out, const char *key, const char *text) {
    strbuf_printf(out, "          %s: ", key);
    add_string(out, text);
    strbuf_add_char(out, '\n');
}

/* A log that is larger is not written back; or the half of its limit. */
#define LARGE_WAL (256LL * 1024 * 1024)

/* What a scrape may take: 10 s at most. */
static long long scrape_seconds(const struct monitoring *monitoring) {
    const long long seconds = strtoll(monitoring->scrape_interval, NULL, 10);
    return seconds < 10 ? seconds : 10;
}

static void add_quantity(const struct monitoring *monitoring, const char **text,
                         struct strbuf *out) {
    const struct limits *limits = &monitoring->config->limits;
    struct {
        const char *word;
        long long value;
    } words[] = {{"LIMIT_SERIES", limits->series},
                 {"LIMIT_FAMILIES", limits->families},
                 {"WAL_BYTES", limits->wal_bytes / 2 < LARGE_WAL
                                   ? limits->wal_bytes / 2
                                   : LARGE_WAL},
                 {"SCRAPE_SECONDS", scrape_seconds(monitoring)}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i].word);
        if (strncmp(*text, words[i].word, len) != 0)
            continue;
        strbuf_printf(out, "%lld", words[i].value);
        *text += len;
        return;
    }
    strbuf_add_char(out, *(*text)++);
}

static void add_expr(const struct monitoring *monitoring, const char *expr,
                     struct strbuf *out) {
    strbuf_add_string(out, "        expr: |\n          ");
    while (*expr)
        if (*expr == '\n') {
            strbuf_add_string(out, "\n          ");
            expr++;
        } else {
            add_quantity(monitoring, &expr, out);
        }
    strbuf_add_char(out, '\n');
}

/* Labels of the rule itself are not among $labels: so LONG_WINDOW. */
static void add_description(const char *text, const char *window,
                            struct strbuf *out) {
    static const char word[] = "LONG_WINDOW";
    struct strbuf filled = {0};
    const char *found = strstr(text, word);
    if (found) {
        strbuf_add(&filled, text, (size_t)(found - text));
        strbuf_printf(&filled, "%s%s", window, found + strlen(word));
    }
    add_member(out, "description",
               found && !filled.failed ? filled.data : text);
    out->failed |= filled.failed;
    strbuf_free(&filled);
}

/* Prometheus shows the runbooks below /user (see docker-compose.yml). */
static void add_annotations(const struct monitoring *monitoring,
                            const struct alert *alert, const char *window,
                            struct strbuf *out) {
    struct strbuf url = {0};
    strbuf_printf(&url, "%s/%s.md",
                  monitoring->stack == STACK_PROMETHEUS
                      ? "{{ $externalURL }}/user"
                      : "runbooks",
                  alert->name);
    strbuf_add_string(out, "        annotations:\n");
    add_member(out, "summary", alert->summary);
    add_description(alert->description, window, out);
    add_member(out, "runbook_url", url.failed ? "" : url.data);
    out->failed |= url.failed;
    strbuf_free(&url);
}

static void add_labels(const struct alert *alert, const char *severity,
                       struct strbuf *out) {
    strbuf_printf(out,
                  "        labels:\n"
                  "          severity: %s\n",
                  severity);
    add_member(out, "team",
               alert->team == TEAM_OPERATIONS
                   ? "operations"
                   : "{{ if $labels.service }}{{ $labels.service }}"
                     "{{ else }}" MONITORING_TEAM "{{ end }}");
}

static void add_plain(const struct monitoring *monitoring,
                      const struct alert *alert, struct strbuf *out) {
    strbuf_printf(out, "      - alert: %s\n", alert->name);
    add_expr(monitoring, alert->expr, out);
    strbuf_printf(out, "        for: %s\n", alert->wait);
    add_labels(alert, alert->severity, out);
    add_annotations(monitoring, alert, "", out);
}

static void add_burn(const struct monitoring *monitoring,
                     const struct alert *alert, const struct burn *burn,
                     struct strbuf *out) {
    struct strbuf expr = {0};
    strbuf_printf(&expr,
                  "family:%s:rate%s > %s * (1 - %s)\n"
                  "and family:%s:rate%s > %s * (1 - %s)\n"
                  "and family:events:rate%s > 0.02",
                  alert->ratio, burn->long_window, burn->factor,
                  alert->objective, alert->ratio, burn->short_window,
                  burn->factor, alert->objective, burn->long_window);
    strbuf_printf(out, "      - alert: %s\n", alert->name);
    add_expr(monitoring, expr.failed ? "" : expr.data, out);
    out->failed |= expr.failed;
    strbuf_free(&expr);
    strbuf_printf(out, "        for: %s\n", burn->wait);
    add_labels(alert, burn->severity, out);
    strbuf_printf(out, "          window: %s\n", burn->long_window);
    add_annotations(monitoring, alert, burn->long_window, out);
}

static void add_alert(const struct monitoring *monitoring,
                      const struct alert *alert, struct strbuf *out) {
    strbuf_printf(out, "\n      # %s\n", alert->meaning);
    if (alert->expr) {
        add_plain(monitoring, alert, out);
        return;
    }
    for (size_t i = 0; i < burn_count; i++)
        add_burn(monitoring, alert, &burn_list[i], out);
}

static void add_group(const struct monitoring *monitoring, const char *name,
                      enum alert_team team, struct strbuf *out) {
    strbuf_printf(out,
                  "\n"
                  "  - name: alerts.%s\n"
                  "    rules:",
                  name);
    for (size_t i = 0; i < alert_count; i++)
        if (alert_list[i].team == team &&
            alert_wanted(&alert_list[i], monitoring))
            add_alert(monitoring, &alert_list[i], out);
}

int alerts_add(const struct monitoring *monitoring, struct output *output) {
    struct strbuf *out = output_add(output, "rules/alerts.yml");
    strbuf_add_string(
        out, "# Made by `tallyman monitoring`. Those of the services look at "
             "what recording.yml\n"
             "# has made; targets of latency and shares of objectives stand "
             "there.\n"
             "groups:");
    add_group(monitoring, "services", TEAM_SERVICE, out);
    add_group(monitoring, "operations", TEAM_OPERATIONS, out);
    return output->failed ? -1 : 0;
}

static void add_runbook(const struct alert *alert, struct strbuf *out) {
    strbuf_printf(out,
                  "# %s\n\n"
                  "## What it means\n\n%s\n\n"
                  "## Where to look\n\n%s\n\n"
                  "## What to do\n\n%s\n",
                  alert->name, alert->meaning, alert->look, alert->remedy);
}

int runbooks_add(const struct monitoring *monitoring, struct output *output) {
    for (size_t i = 0; i < alert_count; i++) {
        struct strbuf path = {0};
        if (!alert_wanted(&alert_list[i], monitoring))
            continue;
        strbuf_printf(&path, "runbooks/%s.md", alert_list[i].name);
        add_runbook(&alert_list[i],
                    output_add(output, path.failed ? "" : path.data));
        output->failed |= path.failed;
        strbuf_free(&path);
    }
    return output->failed ? -1 : 0;
}
