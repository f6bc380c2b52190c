/* grafana/: the dashboards that were asked for, and what makes Grafana find
 * them and the data. */
#include <stdio.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/dashboard_panel.h"
#include "cli/monitoring/parts.h"

static const struct {
    unsigned preset; /* 0: always */
    board_add *add;
    const char *name;
    const char *missing; /* what it would have shown */
} boards[] = {{0, board_own_add, "tallyman", ""},
              {PRESET_RED, board_red_add, "red",
               "family with a label such as status, of latencies or of errors"},
              {PRESET_GOLDEN, board_golden_add, "golden",
               "family of requests, errors, latencies, page views or queues"},
              {PRESET_WEB_VITALS, board_vitals_add, "web-vitals",
               "family web_* of pages, and no performance_timing_*"},
              {PRESET_KPI, board_kpi_add, "kpi", "family of its own"},
              {PRESET_SLO, board_slo_add, "slo",
               "family with a label such as status, or of latencies"},
              {PRESET_GRAFANA_USAGE, board_usage_add, "grafana-usage",
               "sessions: sessions.enabled is false"}};
enum { BOARDS = sizeof(boards) / sizeof(boards[0]) };

static void add_providers(struct output *output) {
    strbuf_add_string(
        output_add(output, "grafana/provisioning/dashboards/tallyman.yml"),
        "# Made by `tallyman monitoring`: where Grafana finds the dashboards.\n"
        "apiVersion: 1\n"
        "\n"
        "providers:\n"
        "  - name: tallyman\n"
        "    orgId: 1\n"
        "    folder: Tallyman\n"
        "    folderUid: tallyman\n"
        "    type: file\n"
        "    disableDeletion: false\n"
        "    # What is changed in the browser is lost when a file is written "
        "anew:\n"
        "    # save it under another name.\n"
        "    allowUiUpdates: false\n"
        "    updateIntervalSeconds: 30\n"
        "    options:\n"
        "      path: /var/lib/grafana/dashboards\n");
}

/* Grafana's name for what answers; NULL for what it has none for. */
static const char *source_type(const struct monitoring *monitoring) {
    static const char *const types[] = {[STORAGE_LOCAL] = "Prometheus",
                                        [STORAGE_THANOS] = "Thanos",
                                        [STORAGE_MIMIR] = "Mimir",
                                        [STORAGE_VICTORIA] = NULL};
    return monitoring->stack == STACK_VICTORIA ? NULL
                                               : types[monitoring->storage];
}

static void add_source(const struct monitoring *monitoring, struct strbuf *out,
                       int number, const char *url) {
    const char *type = source_type(monitoring);
    strbuf_printf(out,
                  "  - name: Tallyman%s\n"
                  "    uid: " DASHBOARD_SOURCE_UID "%s\n"
                  "    orgId: 1\n"
                  "    type: prometheus\n"
                  "    access: proxy\n"
                  "    url: %s\n"
                  "    isDefault: %s\n"
                  "    editable: false\n"
                  "    jsonData:\n"
                  "      httpMethod: POST\n"
                  "      # Of which $__rate_interval is four times, at least.\n"
                  "      timeInterval: %s\n",
                  number == 1 ? "" : " 2", number == 1 ? "" : "-2", url,
                  number == 1 ? "true" : "false", monitoring->scrape_interval);
    if (type)
        strbuf_printf(out, "      prometheusType: %s\n", type);
}

static void add_sources(const struct monitoring *monitoring,
                        struct output *output) {
    struct strbuf *out =
        output_add(output, "grafana/provisioning/datasources/tallyman.yml");
    const char *second = monitoring_second_url(monitoring);
    strbuf_add_string(
        out,
        "# Made by `tallyman monitoring`: where Grafana asks. The dashboards "
        "take the data\n"
        "# source with this uid until another one is chosen.\n");
    if (!source_type(monitoring))
        strbuf_add_string(out,
                          "# VictoriaMetrics answers as Prometheus does.\n");
    strbuf_add_string(out, "apiVersion: 1\n\ndatasources:\n");
    add_source(monitoring, out, 1, monitoring_query_url(monitoring));
    if (second)
        add_source(monitoring, out, 2, second);
}

int dashboards_add(const struct monitoring *monitoring, struct output *output) {
    for (size_t i = 0; i < BOARDS; i++) {
        if (boards[i].preset && !(monitoring->presets & boards[i].preset))
            continue;
        const int result = boards[i].add(monitoring, output);
        if (result < 0)
            return -1;
        if (result > 0)
            (void)fprintf(stderr,
                          "tallyman monitoring: no dashboard %s: the "
                          "configuration has no %s\n",
                          boards[i].name, boards[i].missing);
    }
    add_providers(output);
    add_sources(monitoring, output);
    return output->failed ? -1 : 0;
}
