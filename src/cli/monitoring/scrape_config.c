/* The configuration of Prometheus: prometheus.yml, and prometheus-2.yml for
 * the second one. VictoriaMetrics reads its scrape jobs from the same file. */
#include <string.h>

#include "base/json.h"
#include "cli/monitoring/parts.h"

/* Prometheus with another number, from 1. */
struct writing {
    const struct monitoring *monitoring;
    struct strbuf *out;
    int replica;
};

static void add_string(struct strbuf *out, const char *text) {
    /* A string of JSON is one of YAML, too. */
    json_write_string(text, strlen(text), out);
}

static void add_global(struct writing *writing) {
    const struct monitoring *monitoring = writing->monitoring;
    struct strbuf *out = writing->out;
    strbuf_printf(out,
                  "global:\n"
                  "  scrape_interval: %s\n",
                  monitoring->scrape_interval);
    if (monitoring->stack == STACK_PROMETHEUS)
        strbuf_printf(out, "  evaluation_interval: %s\n",
                      monitoring->scrape_interval);
    strbuf_add_string(out, "  external_labels:\n"
                           "    monitor: tallyman\n");
    if (!monitoring->high_availability)
        return;
    if (monitoring->storage == STORAGE_MIMIR)
        strbuf_printf(out,
                      "    # Mimir takes the samples of one of the two.\n"
                      "    cluster: tallyman\n"
                      "    __replica__: \"%d\"\n",
                      writing->replica);
    else if (monitoring->stack == STACK_PROMETHEUS)
        strbuf_printf(out,
                      "    # Which of the two; taken off alerts, so that both "
                      "send the same.\n"
                      "    replica: \"%d\"\n",
                      writing->replica);
}

static void add_alerting(struct writing *writing) {
    struct strbuf *out = writing->out;
    strbuf_add_string(out, "\n"
                           "rule_files:\n"
                           "  - rules/*.yml\n"
                           "\n"
                           "alerting:\n");
    if (writing->monitoring->high_availability)
        strbuf_add_string(out, "  alert_relabel_configs:\n"
                               "    - action: labeldrop\n"
                               "      regex: replica|__replica__\n");
    strbuf_add_string(out, "  alertmanagers:\n"
                           "    - static_configs:\n"
                           "        - targets:\n"
                           "            - alertmanager:9093\n");
    if (writing->monitoring->high_availability)
        strbuf_add_string(out, "            - alertmanager-2:9093\n");
}

static void add_remote_write(struct writing *writing) {
    static const char *const urls[] = {
        [STORAGE_LOCAL] = NULL,
        [STORAGE_THANOS] = "http://thanos-receive:19291/api/v1/receive",
        [STORAGE_MIMIR] = "http://mimir:9009/api/v1/push",
        [STORAGE_VICTORIA] = "http://victoria:8428/api/v1/write"};
    const struct monitoring *monitoring = writing->monitoring;
    const char *url = urls[monitoring->storage];
    if (!url || monitoring->stack != STACK_PROMETHEUS)
        return;
    strbuf_printf(writing->out,
                  "\n"
                  "# Everything is kept there as well, recorded series "
                  "included.\n"
                  "remote_write:\n"
                  "  - url: %s\n",
                  url);
    if (monitoring->high_availability &&
        monitoring->storage == STORAGE_VICTORIA)
        strbuf_add_string(writing->out, "    # Of equal samples it keeps one.\n"
                                        "    write_relabel_configs:\n"
                                        "      - action: labeldrop\n"
                                        "        regex: replica\n");
}

static void add_targets(struct writing *writing,
                        const struct string_list *targets) {
    strbuf_add_string(writing->out, "    static_configs:\n"
                                    "      - targets:\n");
    for (size_t i = 0; i < targets->count; i++)
        strbuf_printf(writing->out, "          - \"%s\"\n",
                      targets->strings[i]);
    strbuf_printf(writing->out,
                  "        labels:\n"
                  "          environment: \"%s\"\n",
                  writing->monitoring->environment);
}

/* The label service, unless the series has one. */
static void add_services(struct writing *writing) {
    const struct string_list *services = &writing->monitoring->services;
    if (services->count == 0)
        return;
    strbuf_add_string(writing->out,
                      "    # What a service is known by: the beginning of a "
                      "family's name, or the\n"
                      "    # job under which a program has pushed.\n"
                      "    metric_relabel_configs:\n");
    for (size_t i = 0; i < services->count; i++)
        strbuf_printf(
            writing->out,
            "      - source_labels: [service, exported_job, __name__]\n"
            "        regex: \";%s;.*|;[^;]*;%s_.*\"\n"
            "        target_label: service\n"
            "        replacement: \"%s\"\n",
            services->strings[i], services->strings[i], services->strings[i]);
}

/* The path of a door of the nodes. */
static void add_path(struct strbuf *out, const struct config *config,
                     const char *door) {
    const char *mount = config->mount ? config->mount : "/tallyman";
    size_t len = strlen(mount);
    while (len > 0 && mount[len - 1] == '/')
        len--;
    strbuf_printf(out, "%.*s%s", (int)len, mount, door);
}

static void add_tallyman(struct writing *writing) {
    const struct monitoring *monitoring = writing->monitoring;
    struct strbuf path = {0};
    add_path(&path, monitoring->config, "/metrics");
    strbuf_add_string(writing->out,
                      "\n"
                      "scrape_configs:\n"
                      "  # Each node answers with the whole total of its "
                      "file, however many\n"
                      "  # responders it runs; instance tells the nodes "
                      "apart, and the rules add\n"
                      "  # them up without it.\n"
                      "  - job_name: " MONITORING_JOB "\n"
                      "    metrics_path: ");
    add_string(writing->out, path.failed ? "" : path.data);
    writing->out->failed |= path.failed;
    strbuf_free(&path);
    strbuf_add_char(writing->out, '\n');
    /* VictoriaMetrics does not ask for OpenMetrics, which tells births. */
    if (monitoring->stack == STACK_PROMETHEUS)
        strbuf_add_string(writing->out,
                          "    # When each series began (_created): the "
                          "dashboards count what came before\n"
                          "    # its first scrape.\n"
                          "    params:\n"
                          "      created: [\"1\"]\n");
    strbuf_printf(writing->out, "    scheme: %s\n",
                  monitoring->tls ? "https" : "http");
    if (monitoring->token_file) {
        strbuf_add_string(writing->out, "    authorization:\n"
                                        "      credentials_file: ");
        add_string(writing->out, monitoring->token_file);
        strbuf_add_char(writing->out, '\n');
    }
    add_targets(writing, &monitoring->nodes);
    add_services(writing);
}

static void add_job(struct writing *writing, const char *name,
                    const char *target, const char *second) {
    const char *targets[] = {target, second, NULL};
    struct string_list list = {targets, second ? 2 : 1};
    strbuf_printf(writing->out, "\n  - job_name: %s\n", name);
    add_targets(writing, &list);
}

/* A probe of each node from outside, by way of the exporter. */
static void add_blackbox(struct writing *writing) {
    const struct monitoring *monitoring = writing->monitoring;
    strbuf_add_string(writing->out, "\n"
                                    "  - job_name: blackbox\n"
                                    "    metrics_path: /probe\n"
                                    "    params:\n"
                                    "      module: [http_2xx]\n"
                                    "    static_configs:\n"
                                    "      - targets:\n");
    for (size_t i = 0; i < monitoring->nodes.count; i++) {
        struct strbuf url = {0};
        strbuf_printf(&url, "%s://%s", monitoring->tls ? "https" : "http",
                      monitoring->nodes.strings[i]);
        add_path(&url, monitoring->config, "/-/healthy");
        strbuf_add_string(writing->out, "          - ");
        add_string(writing->out, url.failed ? "" : url.data);
        strbuf_add_char(writing->out, '\n');
        writing->out->failed |= url.failed;
        strbuf_free(&url);
    }
    strbuf_printf(writing->out,
                  "        labels:\n"
                  "          environment: \"%s\"\n"
                  "    relabel_configs:\n"
                  "      - source_labels: [__address__]\n"
                  "        target_label: __param_target\n"
                  "      - source_labels: [__param_target]\n"
                  "        target_label: instance\n"
                  "      - target_label: __address__\n"
                  "        replacement: blackbox-exporter:9115\n",
                  monitoring->environment);
}

static void add_others(struct writing *writing) {
    const struct monitoring *monitoring = writing->monitoring;
    bool two = monitoring->high_availability;
    if (monitoring->stack == STACK_PROMETHEUS)
        add_job(writing, "prometheus", "prometheus:9090",
                two ? "prometheus-2:9090" : NULL);
    else
        add_job(writing, "victoria", "victoria:8428", NULL);
    add_job(writing, "alertmanager", "alertmanager:9093",
            two ? "alertmanager-2:9093" : NULL);
    if (monitoring->exporters & EXPORTER_NODE)
        add_job(writing, "node", "node-exporter:9100", NULL);
    if (monitoring->exporters & EXPORTER_POSTGRES)
        add_job(writing, "postgres", "postgres-exporter:9187", NULL);
    if (monitoring->exporters & EXPORTER_REDIS)
        add_job(writing, "redis", "redis-exporter:9121", NULL);
    if (monitoring->exporters & EXPORTER_BLACKBOX)
        add_blackbox(writing);
}

static void add_file(struct writing *writing) {
    bool prometheus = writing->monitoring->stack == STACK_PROMETHEUS;
    strbuf_printf(writing->out,
                  "# Made by `tallyman monitoring`: what %s scrapes.\n"
                  "# Paths are relative to this file.\n",
                  prometheus ? "Prometheus" : "VictoriaMetrics");
    add_global(writing);
    if (prometheus)
        add_alerting(writing);
    add_remote_write(writing);
    add_tallyman(writing);
    add_others(writing);
}

int scrape_config_add(const struct monitoring *monitoring,
                      struct output *output) {
    struct writing writing = {monitoring, output_add(output, "prometheus.yml"),
                              1};
    add_file(&writing);
    if (monitoring->high_availability &&
        monitoring->stack == STACK_PROMETHEUS) {
        writing.out = output_add(output, "prometheus-2.yml");
        writing.replica = 2;
        add_file(&writing);
    }
    return output->failed ? -1 : 0;
}
