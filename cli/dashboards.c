/* grafana/: the dashboards that were asked for, and what makes Grafana find
 * them and the data. */
#include <stdio.h>

#include "boards.h"
#include "dashboard_panel.h"
#include "monitoring_parts.h"

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

static void add_sources(const struct monitoring *monitoring,
                        struct output *output) {
    struct strbuf *out =
        output_add(output, "grafana/provisioning/datasources/tallyman.yml");
    const bool victoria = monitoring->stack == STACK_VICTORIA ||
                          monitoring->storage == STORAGE_VICTORIA;
    strbuf_printf(
        out,
        "# Made by `tallyman monitoring`: where Grafana asks. The dashboards "
        "take the data\n"
        "# source with this uid until another one is chosen.%s\n"
        "apiVersion: 1\n"
        "\n"
        "datasources:\n"
        "  - name: Tallyman\n"
        "    uid: " DASHBOARD_SOURCE_UID "\n"
        "    orgId: 1\n"
        "    type: prometheus\n"
        "    access: proxy\n"
        "    url: %s\n"
        "    isDefault: true\n"
        "    editable: false\n"
        "    jsonData:\n"
        "      httpMethod: POST\n"
        "      # Of which $__rate_interval is four times, at least.\n"
        "      timeInterval: %s\n",
        victoria ? "\n# VictoriaMetrics answers as Prometheus does." : "",
        monitoring_query_url(monitoring), monitoring->scrape_interval);
    if (!victoria)
        strbuf_printf(out, "      prometheusType: %s\n",
                      monitoring->storage == STORAGE_THANOS  ? "Thanos"
                      : monitoring->storage == STORAGE_MIMIR ? "Mimir"
                                                             : "Prometheus");
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
