/* mimir.yml and tempo.yml, how Grafana finds traces, and the list of secrets.
 */
#include "cli/monitoring/parts.h"

static void add_mimir(const struct monitoring *monitoring,
                      struct output *output) {
    struct strbuf *out = output_add(output, "mimir.yml");
    strbuf_printf(out, "# Made by `tallyman monitoring`: one Mimir that keeps "
                       "everything in /data.\n"
                       "multitenancy_enabled: false\n"
                       "server:\n"
                       "  http_listen_port: 9009\n"
                       "blocks_storage:\n"
                       "  backend: filesystem\n"
                       "  filesystem:\n"
                       "    dir: /data/blocks\n"
                       "  bucket_store:\n"
                       "    sync_dir: /data/sync\n"
                       "  tsdb:\n"
                       "    dir: /data/tsdb\n"
                       "compactor:\n"
                       "  data_dir: /data/compactor\n"
                       "  sharding_ring:\n"
                       "    kvstore:\n"
                       "      store: inmemory\n"
                       "distributor:\n"
                       "  ring:\n"
                       "    kvstore:\n"
                       "      store: inmemory\n");
    if (monitoring->high_availability)
        strbuf_add_string(out, "  # Of two Prometheus one is listened to.\n"
                               "  ha_tracker:\n"
                               "    enable_ha_tracker: true\n"
                               "    kvstore:\n"
                               "      store: inmemory\n");
    strbuf_printf(out,
                  "ingester:\n"
                  "  ring:\n"
                  "    kvstore:\n"
                  "      store: inmemory\n"
                  "    replication_factor: 1\n"
                  "store_gateway:\n"
                  "  sharding_ring:\n"
                  "    kvstore:\n"
                  "      store: inmemory\n"
                  "    replication_factor: 1\n"
                  "ruler_storage:\n"
                  "  backend: filesystem\n"
                  "  filesystem:\n"
                  "    dir: /data/rules\n"
                  "limits:\n"
                  "  # How much there may be the nodes bound themselves.\n"
                  "  max_global_series_per_user: 0\n"
                  "  ingestion_rate: 1000000\n"
                  "  ingestion_burst_size: 10000000\n"
                  "  compactor_blocks_retention_period: %s\n",
                  monitoring->retention);
    if (monitoring->high_availability)
        strbuf_add_string(out, "  accept_ha_samples: true\n");
}

static void add_tempo(struct output *output) {
    strbuf_add_string(output_add(output, "tempo.yml"),
                      "# Made by `tallyman monitoring`: one Tempo that keeps "
                      "traces for two weeks.\n"
                      "server:\n"
                      "  http_listen_port: 3200\n"
                      "distributor:\n"
                      "  receivers:\n"
                      "    otlp:\n"
                      "      protocols:\n"
                      "        grpc:\n"
                      "          endpoint: 0.0.0.0:4317\n"
                      "        http:\n"
                      "          endpoint: 0.0.0.0:4318\n"
                      "compactor:\n"
                      "  compaction:\n"
                      "    block_retention: 336h\n"
                      "storage:\n"
                      "  trace:\n"
                      "    backend: local\n"
                      "    wal:\n"
                      "      path: /var/tempo/wal\n"
                      "    local:\n"
                      "      path: /var/tempo/blocks\n");
}

static void add_traces(const struct monitoring *monitoring,
                       struct output *output) {
    const bool jaeger = monitoring->tracing == TRACING_JAEGER;
    strbuf_printf(
        output_add(output, "grafana/provisioning/datasources/traces.yml"),
        "# Made by `tallyman monitoring`: where Grafana asks for traces.\n"
        "apiVersion: 1\n"
        "\n"
        "datasources:\n"
        "  - name: Traces\n"
        "    uid: tallyman-traces\n"
        "    orgId: 1\n"
        "    type: %s\n"
        "    access: proxy\n"
        "    url: %s\n"
        "    editable: false\n",
        jaeger ? "jaeger" : "tempo",
        jaeger ? "http://jaeger:16686" : "http://tempo:3200");
}

static void add_secrets(const struct monitoring *monitoring,
                        struct output *output) {
    static const struct {
        enum monitoring_channel channel;
        const char *line;
    } lines[] = {
        {CHANNEL_SLACK, "- `slack_api_url`: the incoming webhook of Slack\n"},
        {CHANNEL_PAGERDUTY,
         "- `pagerduty_routing_key`: of an Events API v2 integration\n"},
        {CHANNEL_EMAIL, "- `smtp_password`: of the account that sends\n"},
        {CHANNEL_WEBHOOK, "- `webhook_token`: the webhook's bearer token\n"},
        {CHANNEL_OPSGENIE, "- `opsgenie_api_key`: of an API integration\n"},
    };
    struct strbuf *out = output_add(output, "secrets/README.md");
    strbuf_add_string(out, "# Secrets\n\n"
                           "Put these files here. The containers do not run as "
                           "root, so each file must be\n"
                           "readable to others; keep strangers out of the "
                           "directory above.\n\n"
                           "- `grafana_admin_password`: of Grafana's first "
                           "user\n");
    if (monitoring->token_file)
        strbuf_printf(out, "- the scrape token of the nodes, as `%s`\n",
                      monitoring->token_file);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (monitoring->channels & lines[i].channel)
            strbuf_add_string(out, lines[i].line);
    if (monitoring->exporters & EXPORTER_POSTGRES)
        strbuf_add_string(out, "- `postgres_password`: of the exporter's "
                               "user\n");
}

int backends_add(const struct monitoring *monitoring, struct output *output) {
    if (monitoring->storage == STORAGE_MIMIR)
        add_mimir(monitoring, output);
    if (monitoring->tracing == TRACING_TEMPO)
        add_tempo(output);
    if (monitoring->tracing != TRACING_NONE)
        add_traces(monitoring, output);
    add_secrets(monitoring, output);
    return output->failed ? -1 : 0;
}
