/* docker-compose.yml, and what its containers read beside the files of the
 * other parts. */
#include <string.h>

#include "base/json.h"
#include "cli/monitoring/parts.h"

/* Tags that exist; a new one is tried before it is written here. */
#define IMAGE_PROMETHEUS "prom/prometheus:v3.5.0"
#define IMAGE_ALERTMANAGER "prom/alertmanager:v0.28.1"
#define IMAGE_GRAFANA "grafana/grafana:12.3.0"
#define IMAGE_VICTORIA "victoriametrics/victoria-metrics:v1.115.0"
#define IMAGE_VMALERT "victoriametrics/vmalert:v1.115.0"
#define IMAGE_THANOS "quay.io/thanos/thanos:v0.37.2"
#define IMAGE_MIMIR "grafana/mimir:2.16.1"
#define IMAGE_JAEGER "jaegertracing/all-in-one:1.65.0"
#define IMAGE_TEMPO "grafana/tempo:2.8.2"
#define IMAGE_NODE "prom/node-exporter:v1.9.1"
#define IMAGE_BLACKBOX "prom/blackbox-exporter:v0.25.0"
#define IMAGE_POSTGRES "quay.io/prometheuscommunity/postgres-exporter:v0.15.0"
#define IMAGE_REDIS "oliver006/redis_exporter:v1.67.0"

/* What the rules look back at: all that Prometheus keeps itself when there is
 * a store behind it. */
#define BUDGET_DAYS "30d"

struct writing {
    const struct monitoring *monitoring;
    struct strbuf *out;
    struct strbuf volumes; /* named ones, as they come up */
};

/* The second of two has -2 behind its name. */
static const char *suffix(int number) {
    return number == 1 ? "" : "-2";
}

static int replicas(const struct writing *writing) {
    return writing->monitoring->high_availability ? 2 : 1;
}

static void add_service(struct writing *writing, const char *name, int number,
                        const char *image) {
    strbuf_printf(writing->out,
                  "\n"
                  "  %s%s:\n"
                  "    image: %s\n"
                  "    restart: unless-stopped\n",
                  name, suffix(number), image);
}

/* Only this machine reaches it. */
static void add_port(struct writing *writing, int port, int inside) {
    strbuf_printf(writing->out,
                  "    ports:\n"
                  "      - \"127.0.0.1:%d:%d\"\n",
                  port, inside);
}

static void add_data(struct writing *writing, const char *name, int number,
                     const char *inside) {
    strbuf_printf(writing->out, "      - %s%s:%s\n", name, suffix(number),
                  inside);
    strbuf_printf(&writing->volumes, "  %s%s:\n", name, suffix(number));
}

/* Containers reach a node on this machine by that name. */
static void add_host(struct writing *writing) {
    strbuf_add_string(writing->out, "    extra_hosts:\n"
                                    "      - host.docker.internal:"
                                    "host-gateway\n");
}

static void add_token(struct writing *writing) {
    const char *file = writing->monitoring->token_file;
    struct strbuf mount = {0};
    if (!file)
        return;
    if (file[0] == '/')
        strbuf_printf(&mount, "%s:%s:ro", file, file);
    else
        strbuf_printf(&mount, "./%s:/etc/prometheus/%s:ro", file, file);
    strbuf_add_string(writing->out, "      - ");
    json_write_string(mount.failed ? "" : mount.data, mount.len, writing->out);
    strbuf_add_char(writing->out, '\n');
    writing->out->failed |= mount.failed;
    strbuf_free(&mount);
}

static void add_prometheus(struct writing *writing, int number) {
    add_service(writing, "prometheus", number, IMAGE_PROMETHEUS);
    strbuf_printf(writing->out,
                  "    command:\n"
                  "      - --config.file=/etc/prometheus/prometheus.yml\n"
                  "      - --storage.tsdb.path=/prometheus\n"
                  "      - --storage.tsdb.retention.time=%s\n"
                  "      - --web.external-url=http://localhost:%d # CHANGE: as "
                  "people reach it\n"
                  "      # The runbooks, as /user/NAME.md.\n"
                  "      - --web.user-assets=/etc/prometheus/runbooks\n",
                  writing->monitoring->storage == STORAGE_LOCAL
                      ? writing->monitoring->retention
                      : BUDGET_DAYS,
                  9089 + number);
    add_port(writing, 9089 + number, 9090);
    add_host(writing);
    strbuf_printf(writing->out,
                  "    volumes:\n"
                  "      - ./prometheus%s.yml:/etc/prometheus/"
                  "prometheus.yml:ro\n"
                  "      - ./rules:/etc/prometheus/rules:ro\n"
                  "      - ./runbooks:/etc/prometheus/runbooks:ro\n",
                  suffix(number));
    add_token(writing);
    add_data(writing, "prometheus", number, "/prometheus");
}

/* Scrapes as well where there is no Prometheus. */
static void add_victoria(struct writing *writing, int number) {
    bool scrapes = writing->monitoring->stack == STACK_VICTORIA;
    add_service(writing, "victoria", number, IMAGE_VICTORIA);
    strbuf_printf(writing->out,
                  "    command:\n"
                  "      - -storageDataPath=/storage\n"
                  "      - -retentionPeriod=%s\n",
                  writing->monitoring->retention);
    if (scrapes)
        strbuf_add_string(writing->out,
                          "      - -promscrape.config=/etc/prometheus/"
                          "prometheus.yml\n");
    else if (writing->monitoring->high_availability)
        strbuf_printf(writing->out,
                      "      # Two write the same: one sample an interval is "
                      "kept.\n"
                      "      - -dedup.minScrapeInterval=%s\n",
                      writing->monitoring->scrape_interval);
    add_port(writing, 8427 + number, 8428);
    if (scrapes)
        add_host(writing);
    strbuf_add_string(writing->out, "    volumes:\n");
    if (scrapes) {
        strbuf_add_string(writing->out,
                          "      - ./prometheus.yml:/etc/prometheus/"
                          "prometheus.yml:ro\n");
        add_token(writing);
    }
    add_data(writing, "victoria", number, "/storage");
}

static void add_vmalert(struct writing *writing, int number) {
    const char *other = suffix(number);
    add_service(writing, "vmalert", number, IMAGE_VMALERT);
    strbuf_printf(writing->out,
                  "    command:\n"
                  "      - -rule=/etc/vmalert/rules/*.yml\n"
                  "      - -evaluationInterval=%s\n"
                  "      - -datasource.url=http://victoria%s:8428\n"
                  "      - -remoteRead.url=http://victoria%s:8428\n"
                  "      - -remoteWrite.url=http://victoria%s:8428\n"
                  "      - -notifier.url=http://alertmanager:9093\n",
                  writing->monitoring->scrape_interval, other, other, other);
    if (replicas(writing) == 2)
        strbuf_add_string(writing->out, "      - -notifier.url=http://"
                                        "alertmanager-2:9093\n");
    strbuf_add_string(writing->out, "    volumes:\n"
                                    "      - ./rules:/etc/vmalert/rules:ro\n");
}

static void add_alertmanager(struct writing *writing, int number) {
    add_service(writing, "alertmanager", number, IMAGE_ALERTMANAGER);
    strbuf_printf(
        writing->out,
        "    command:\n"
        "      - --config.file=/etc/alertmanager/alertmanager.yml\n"
        "      - --storage.path=/alertmanager\n"
        "      - --web.external-url=http://localhost:%d # CHANGE: as people "
        "reach it\n",
        9092 + number);
    if (replicas(writing) == 2)
        strbuf_printf(writing->out,
                      "      # They tell each other what was sent.\n"
                      "      - --cluster.peer=alertmanager%s:9094\n",
                      suffix(3 - number));
    else
        strbuf_add_string(writing->out, "      - --cluster.listen-address=\n");
    add_port(writing, 9092 + number, 9093);
    strbuf_add_string(writing->out,
                      "    volumes:\n"
                      "      - ./alertmanager.yml:/etc/alertmanager/"
                      "alertmanager.yml:ro\n"
                      "      - ./secrets:/etc/alertmanager/secrets:ro\n");
    add_data(writing, "alertmanager", number, "/alertmanager");
}

static void add_grafana(struct writing *writing) {
    add_service(writing, "grafana", 1, IMAGE_GRAFANA);
    strbuf_add_string(writing->out,
                      "    environment:\n"
                      "      GF_SECURITY_ADMIN_PASSWORD__FILE: "
                      "/run/secrets/grafana_admin_password\n"
                      "      GF_ANALYTICS_REPORTING_ENABLED: \"false\"\n"
                      "    secrets:\n"
                      "      - grafana_admin_password\n");
    add_port(writing, 3000, 3000);
    strbuf_add_string(writing->out,
                      "    volumes:\n"
                      "      - ./grafana/provisioning:/etc/grafana/"
                      "provisioning:ro\n"
                      "      - ./grafana/dashboards:/var/lib/grafana/"
                      "dashboards:ro\n");
    add_data(writing, "grafana", 1, "/var/lib/grafana");
}

static void add_thanos(struct writing *writing) {
    add_service(writing, "thanos-receive", 1, IMAGE_THANOS);
    strbuf_printf(writing->out,
                  "    command:\n"
                  "      - receive\n"
                  "      - --tsdb.path=/thanos\n"
                  "      - --tsdb.retention=%s\n"
                  "      - --grpc-address=0.0.0.0:10901\n"
                  "      - --http-address=0.0.0.0:10902\n"
                  "      - --remote-write.address=0.0.0.0:19291\n"
                  "      - --label=receive=\"1\"\n"
                  "    user: root\n"
                  "    volumes:\n",
                  writing->monitoring->retention);
    add_data(writing, "thanos", 1, "/thanos");
    add_service(writing, "thanos-query", 1, IMAGE_THANOS);
    strbuf_add_string(writing->out, "    command:\n"
                                    "      - query\n"
                                    "      - --http-address=0.0.0.0:10902\n"
                                    "      - --endpoint=thanos-receive:10901\n"
                                    "      - --query.replica-label=replica\n"
                                    "      - --query.replica-label=receive\n");
    add_port(writing, 10902, 10902);
}

static void add_mimir(struct writing *writing) {
    add_service(writing, "mimir", 1, IMAGE_MIMIR);
    strbuf_add_string(writing->out, "    command:\n"
                                    "      - -config.file=/etc/mimir.yml\n");
    add_port(writing, 9009, 9009);
    strbuf_add_string(writing->out, "    user: root\n"
                                    "    volumes:\n"
                                    "      - ./mimir.yml:/etc/mimir.yml:ro\n");
    add_data(writing, "mimir", 1, "/data");
}

static void add_storage(struct writing *writing) {
    if (writing->monitoring->stack == STACK_VICTORIA)
        return;
    switch (writing->monitoring->storage) {
    case STORAGE_LOCAL:
        break;
    case STORAGE_THANOS:
        add_thanos(writing);
        break;
    case STORAGE_MIMIR:
        add_mimir(writing);
        break;
    case STORAGE_VICTORIA:
        add_victoria(writing, 1);
        break;
    }
}

static void add_tracing(struct writing *writing) {
    switch (writing->monitoring->tracing) {
    case TRACING_NONE:
        break;
    case TRACING_JAEGER:
        add_service(writing, "jaeger", 1, IMAGE_JAEGER);
        strbuf_add_string(writing->out,
                          "    environment:\n"
                          "      COLLECTOR_OTLP_ENABLED: \"true\"\n"
                          "      SPAN_STORAGE_TYPE: badger\n"
                          "      BADGER_EPHEMERAL: \"false\"\n"
                          "      BADGER_DIRECTORY_KEY: /badger/key\n"
                          "      BADGER_DIRECTORY_VALUE: /badger/data\n"
                          "    ports:\n"
                          "      - \"127.0.0.1:16686:16686\"\n"
                          "      - \"127.0.0.1:4317:4317\"\n"
                          "      - \"127.0.0.1:4318:4318\"\n"
                          "    user: root\n"
                          "    volumes:\n");
        add_data(writing, "jaeger", 1, "/badger");
        break;
    case TRACING_TEMPO:
        add_service(writing, "tempo", 1, IMAGE_TEMPO);
        strbuf_add_string(writing->out,
                          "    command:\n"
                          "      - -config.file=/etc/tempo.yml\n"
                          "    ports:\n"
                          "      - \"127.0.0.1:3200:3200\"\n"
                          "      - \"127.0.0.1:4317:4317\"\n"
                          "      - \"127.0.0.1:4318:4318\"\n"
                          "    user: root\n"
                          "    volumes:\n"
                          "      - ./tempo.yml:/etc/tempo.yml:ro\n");
        add_data(writing, "tempo", 1, "/var/tempo");
        break;
    }
}

static void add_exporters(struct writing *writing) {
    unsigned exporters = writing->monitoring->exporters;
    if (exporters & EXPORTER_NODE) {
        add_service(writing, "node-exporter", 1, IMAGE_NODE);
        strbuf_add_string(writing->out, "    command:\n"
                                        "      - --path.rootfs=/host\n"
                                        "    pid: host\n"
                                        "    volumes:\n"
                                        "      - /:/host:ro,rslave\n");
    }
    if (exporters & EXPORTER_BLACKBOX) {
        add_service(writing, "blackbox-exporter", 1, IMAGE_BLACKBOX);
        add_host(writing);
    }
    if (exporters & EXPORTER_POSTGRES) {
        add_service(writing, "postgres-exporter", 1, IMAGE_POSTGRES);
        strbuf_add_string(
            writing->out,
            "    environment:\n"
            "      # CHANGE: the server and a user that may read statistics.\n"
            "      DATA_SOURCE_URI: "
            "host.docker.internal:5432/postgres?sslmode=disable\n"
            "      DATA_SOURCE_USER: postgres_exporter\n"
            "      DATA_SOURCE_PASS_FILE: /run/secrets/postgres_password\n"
            "    secrets:\n"
            "      - postgres_password\n");
        add_host(writing);
    }
    if (exporters & EXPORTER_REDIS) {
        add_service(writing, "redis-exporter", 1, IMAGE_REDIS);
        strbuf_add_string(writing->out,
                          "    environment:\n"
                          "      REDIS_ADDR: "
                          "redis://host.docker.internal:6379 # CHANGE\n");
        add_host(writing);
    }
}

static void add_secrets(struct writing *writing) {
    strbuf_add_string(writing->out, "\n"
                                    "secrets:\n"
                                    "  grafana_admin_password:\n"
                                    "    file: "
                                    "./secrets/grafana_admin_password\n");
    if (writing->monitoring->exporters & EXPORTER_POSTGRES)
        strbuf_add_string(writing->out, "  postgres_password:\n"
                                        "    file: "
                                        "./secrets/postgres_password\n");
}

static void add_services(struct writing *writing) {
    bool victoria = writing->monitoring->stack == STACK_VICTORIA;
    for (int number = 1; number <= replicas(writing); number++) {
        if (victoria) {
            add_victoria(writing, number);
            add_vmalert(writing, number);
        } else {
            add_prometheus(writing, number);
        }
        add_alertmanager(writing, number);
    }
    add_grafana(writing);
    add_storage(writing);
    add_tracing(writing);
    add_exporters(writing);
}

int compose_add(const struct monitoring *monitoring, struct output *output) {
    struct writing writing = {
        monitoring, output_add(output, "docker-compose.yml"), {0}};
    strbuf_add_string(writing.out,
                      "# Made by `tallyman monitoring`. secrets/README.md says "
                      "which files to put there\n"
                      "# first; then `docker compose up -d`. Every port is "
                      "open to this machine only.\n"
                      "name: tallyman-monitoring\n"
                      "\n"
                      "services:");
    add_services(&writing);
    add_secrets(&writing);
    strbuf_add_string(writing.out, "\nvolumes:\n");
    strbuf_add(writing.out, writing.volumes.data, writing.volumes.len);
    writing.out->failed |= writing.volumes.failed;
    strbuf_free(&writing.volumes);
    return output->failed ? -1 : 0;
}
