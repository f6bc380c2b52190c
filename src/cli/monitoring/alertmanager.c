/* alertmanager.yml: who hears of which alert. */
#include <string.h>

#include "cli/monitoring/alert_list.h"
#include "cli/monitoring/parts.h"

#define OPERATIONS "operations"
#define SECRETS "/etc/alertmanager/secrets/"

/* What can wait does not wake anybody up, if there is another way. */
#define QUIET (CHANNEL_SLACK | CHANNEL_EMAIL | CHANNEL_WEBHOOK)

static void add_global(const struct monitoring *monitoring,
                       struct strbuf *out) {
    strbuf_add_string(out, "global:\n"
                           "  resolve_timeout: 5m\n");
    if (monitoring->channels & CHANNEL_SLACK)
        strbuf_add_string(out,
                          "  slack_api_url_file: " SECRETS "slack_api_url\n");
    if (monitoring->channels & CHANNEL_OPSGENIE)
        strbuf_add_string(out, "  opsgenie_api_key_file: " SECRETS
                               "opsgenie_api_key\n");
    if (monitoring->channels & CHANNEL_EMAIL)
        strbuf_add_string(out, "  smtp_smarthost: mail.example.org:587 # "
                               "CHANGE\n"
                               "  smtp_from: alerts@example.org # CHANGE\n"
                               "  smtp_auth_username: alerts # CHANGE\n"
                               "  smtp_auth_password_file: " SECRETS
                               "smtp_password\n");
}

static void add_route(const char *team, struct strbuf *out) {
    strbuf_printf(out,
                  "    - matchers:\n"
                  "        - team=\"%s\"\n"
                  "      receiver: %s\n"
                  "      routes:\n"
                  "        - matchers:\n"
                  "            - severity=\"critical\"\n"
                  "          receiver: %s-critical\n"
                  "          group_wait: 10s\n"
                  "          repeat_interval: 1h\n"
                  "        - matchers:\n"
                  "            - severity=\"info\"\n"
                  "          receiver: %s\n"
                  "          repeat_interval: 1w\n",
                  team, team, team, team);
}

/* Calls add for each team, once. */
static void each_team(const struct monitoring *monitoring, struct strbuf *out,
                      void (*add)(const struct monitoring *, const char *,
                                  struct strbuf *)) {
    const struct string_list *services = &monitoring->services;
    add(monitoring, OPERATIONS, out);
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->strings[i], OPERATIONS) != 0 &&
            strcmp(services->strings[i], MONITORING_TEAM) != 0)
            add(monitoring, services->strings[i], out);
    add(monitoring, MONITORING_TEAM, out);
}

static void add_team_route(const struct monitoring *monitoring,
                           const char *team, struct strbuf *out) {
    (void)monitoring;
    add_route(team, out);
}

/* A runbook is a link where Prometheus shows it, and else a file. */
static void add_slack(const struct monitoring *monitoring, const char *team,
                      struct strbuf *out) {
    strbuf_printf(
        out,
        "    slack_configs:\n"
        "      - channel: \"#alerts-%s\" # CHANGE\n"
        "        send_resolved: true\n"
        "        title: '{{ .Status | toUpper }}: {{ .CommonLabels.alertname "
        "}}'\n"
        "        text: '{{ range .Alerts }}{{ .Annotations.summary }} %s"
        "{{ \"\\n\" }}{{ end }}'\n",
        team,
        monitoring->stack == STACK_PROMETHEUS
            ? "<{{ .Annotations.runbook_url }}|runbook>"
            : "({{ .Annotations.runbook_url }})");
}

static void add_pagerduty(struct strbuf *out) {
    strbuf_add_string(
        out, "    pagerduty_configs:\n"
             "      - routing_key_file: " SECRETS "pagerduty_routing_key\n"
             "        severity: '{{ if .CommonLabels.severity }}{{ "
             ".CommonLabels.severity }}{{ else }}error{{ end }}'\n");
}

static void add_email(const char *team, struct strbuf *out) {
    strbuf_printf(out,
                  "    email_configs:\n"
                  "      - to: %s@example.org # CHANGE\n"
                  "        send_resolved: true\n",
                  team);
}

static void add_webhook(struct strbuf *out) {
    strbuf_add_string(
        out, "    webhook_configs:\n"
             "      - url: http://webhook.example.org/alerts # CHANGE\n"
             "        send_resolved: true\n"
             "        http_config:\n"
             "          authorization:\n"
             "            credentials_file: " SECRETS "webhook_token\n");
}

static void add_opsgenie(const char *team, struct strbuf *out) {
    strbuf_printf(
        out,
        "    opsgenie_configs:\n"
        "      - priority: '{{ if eq .CommonLabels.severity \"critical\" }}P1"
        "{{ else }}P3{{ end }}'\n"
        "        responders:\n"
        "          - type: team\n"
        "            name: %s # CHANGE\n",
        team);
}

static void add_receiver(const struct monitoring *monitoring, const char *team,
                         const char *suffix, unsigned channels,
                         struct strbuf *out) {
    strbuf_printf(out, "  - name: %s%s\n", team, suffix);
    if (channels & CHANNEL_SLACK)
        add_slack(monitoring, team, out);
    if (channels & CHANNEL_PAGERDUTY)
        add_pagerduty(out);
    if (channels & CHANNEL_EMAIL)
        add_email(team, out);
    if (channels & CHANNEL_WEBHOOK)
        add_webhook(out);
    if (channels & CHANNEL_OPSGENIE)
        add_opsgenie(team, out);
}

static void add_team_receivers(const struct monitoring *monitoring,
                               const char *team, struct strbuf *out) {
    unsigned quiet = monitoring->channels & QUIET;
    add_receiver(monitoring, team, "", quiet ? quiet : monitoring->channels,
                 out);
    add_receiver(monitoring, team, "-critical", monitoring->channels, out);
}

static void add_inhibition(struct strbuf *out) {
    strbuf_add_string(
        out,
        "\n"
        "inhibit_rules:\n"
        "  # When no node answers, that is the one thing to say.\n"
        "  - source_matchers: ['alertname=\"TallymanDown\"']\n"
        "    target_matchers:\n"
        "      - alertname=~\"Tallyman.+|Usage.+|.+BudgetBurn|ErrorRatioHigh|"
        "LatencyHigh|ProbeFailed\"\n"
        "      - alertname!=\"TallymanDown\"\n"
        "  # A node that is down has no other trouble.\n"
        "  - source_matchers: ['alertname=\"TallymanNodeDown\"']\n"
        "    target_matchers:\n"
        "      - alertname!~\"TallymanDown|TallymanNodeDown\"\n"
        "      - instance!=\"\"\n"
        "    equal: [instance]\n"
        "  # The budget is what matters of errors and of slowness.\n"
        "  - source_matchers: ['alertname=\"ErrorBudgetBurn\"']\n"
        "    target_matchers: ['alertname=\"ErrorRatioHigh\"']\n"
        "    equal: [family, service, environment]\n"
        "  - source_matchers: ['alertname=\"LatencyBudgetBurn\"']\n"
        "    target_matchers: ['alertname=\"LatencyHigh\"']\n"
        "    equal: [family, service, environment]\n"
        "  # The worst severity of an alert speaks for the others.\n"
        "  - source_matchers: ['severity=\"critical\"']\n"
        "    target_matchers: ['severity=~\"warning|info\"']\n"
        "    equal: [alertname, family, service, environment, instance]\n"
        "  - source_matchers: ['severity=\"warning\"']\n"
        "    target_matchers: ['severity=\"info\"']\n"
        "    equal: [alertname, family, service, environment, instance]\n");
}

int alertmanager_add(const struct monitoring *monitoring,
                     struct output *output) {
    struct strbuf *out = output_add(output, "alertmanager.yml");
    strbuf_add_string(out, "# Made by `tallyman monitoring`. Secrets are read "
                           "from files; what has to be\n"
                           "# adapted says CHANGE.\n");
    add_global(monitoring, out);
    strbuf_add_string(out, "\n"
                           "# By team, and within it by severity: critical "
                           "goes to every channel.\n"
                           "route:\n"
                           "  receiver: " MONITORING_TEAM "\n"
                           "  group_by: [alertname, team, environment]\n"
                           "  group_wait: 30s\n"
                           "  group_interval: 5m\n"
                           "  repeat_interval: 12h\n"
                           "  routes:\n");
    each_team(monitoring, out, add_team_route);
    add_inhibition(out);
    strbuf_add_string(out, monitoring->channels
                               ? "\nreceivers:\n"
                               : "\n# Nobody is told: --alerting-channels "
                                 "chooses how.\nreceivers:\n");
    each_team(monitoring, out, add_team_receivers);
    return output->failed ? -1 : 0;
}
