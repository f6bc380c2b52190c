#include "cli/alert/notice_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/siphash.h"

/* Slack recommends no more attachments in a message. */
enum { ATTACHMENTS_MAX = 20 };

static struct json_writer begin(struct strbuf *out) {
    return (struct json_writer){
        .out = out, .layout = JSON_COMPACT, .escape = JSON_ESCAPE_HIDDEN};
}

/* --- Alertmanager's form -------------------------------------------------- */

/* The labels that each alert has in addition to its own. */
static const char *const given[] = {"alertname", "severity", "instance"};
enum { GIVEN = sizeof(given) / sizeof(given[0]) };

/* The value of a label that is given or that the alert has; NULL if there is
 * none. The given alertname and severity override the alert's, its own instance
 * overrides the given one. */
static const char *label(const struct notice *notice,
                         const struct notice_alert *alert, const char *key) {
    size_t len;
    if (strcmp(key, "alertname") == 0)
        return alert->name;
    if (strcmp(key, "severity") == 0)
        return alert->severity;
    const struct json_object *own =
        alert->labels ? json_get(alert->labels, key) : NULL;
    if (json_kind(own) == JSON_STRING)
        return json_string(own, &len);
    return strcmp(key, "instance") == 0 ? notice->host : NULL;
}

/* Writes the labels of an alert: all, or only those common to all alerts. */
struct labels {
    const struct notice *notice;
    const struct notice_alert *alert;
    bool common;
    struct json_writer *json;
};

static bool is_common(const struct labels *labels, const char *key,
                      const char *value) {
    for (size_t i = 1; i < notice_count(labels->notice); i++) {
        struct notice_alert other = notice_alert(labels->notice, i);
        const char *same = label(labels->notice, &other, key);
        if (!same || strcmp(same, value) != 0)
            return false;
    }
    return true;
}

static void write_label(const struct labels *labels, const char *key) {
    const char *value = label(labels->notice, labels->alert, key);
    if (value && (!labels->common || is_common(labels, key, value)))
        json_writer_string(labels->json, key, value);
}

/* A json_visit; context is a struct labels. */
static int write_own_label(void *context, const char *key,
                           const struct json_object *value) {
    (void)value;
    for (size_t i = 0; i < GIVEN; i++)
        if (strcmp(key, given[i]) == 0)
            return 0;
    write_label(context, key);
    return 0;
}

static void write_labels(struct labels *labels, const char *name) {
    json_writer_open(labels->json, name, '{');
    for (size_t i = 0; i < GIVEN; i++)
        write_label(labels, given[i]);
    if (labels->alert->labels)
        (void)json_members(labels->alert->labels, write_own_label, labels);
    json_writer_close(labels->json, '}');
}

/* The fingerprint is the same for each notice of an alert. */
static void write_labels_and_fingerprint(const struct notice *notice,
                                         const struct notice_alert *alert,
                                         struct json_writer *json) {
    struct strbuf text = {0};
    struct json_writer inner = begin(&text);
    struct labels labels = {notice, alert, false, &inner};
    char digits[17] = "";
    write_labels(&labels, NULL);
    if (!text.failed) {
        (void)snprintf(digits, sizeof(digits), "%016" PRIx64,
                       siphash(text.data, text.len));
        json_writer_raw(json, "labels", text.data, text.len);
    }
    json_writer_string(json, "fingerprint", digits);
    json->out->failed = json->out->failed || text.failed;
    strbuf_free(&text);
}

static void write_alert(const struct notice *notice,
                        const struct notice_alert *alert,
                        struct json_writer *json) {
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "status", alert->firing ? "firing" : "resolved");
    write_labels_and_fingerprint(notice, alert, json);
    json_writer_open(json, "annotations", '{');
    json_writer_string(json, "summary", alert->summary);
    json_writer_string(json, "description", alert->text);
    json_writer_close(json, '}');
    json_writer_string(json, "startsAt", alert->since);
    json_writer_string(json, "endsAt",
                       alert->firing ? "0001-01-01T00:00:00Z" : alert->ended);
    json_writer_string(json, "generatorURL",
                       notice->dashboard ? notice->dashboard : "");
    json_writer_number(json, "value", alert->value);
    json_writer_string(json, "unit", alert->unit);
    json_writer_string(json, "condition", alert->condition);
    json_writer_string(json, "query", alert->query);
    json_writer_string(json, "reason", alert->firing ? NULL : alert->reason);
    json_writer_close(json, '}');
}

static bool any_fires(const struct notice *notice) {
    for (size_t i = 0; i < notice_count(notice); i++)
        if (notice_alert(notice, i).firing)
            return true;
    return false;
}

void notice_json(const struct notice *notice, struct strbuf *out) {
    struct json_writer json = begin(out);
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "version", "4");
    json_writer_string(&json, "groupKey", notice->host);
    json_writer_number(&json, "truncatedAlerts", (double)notice_more(notice));
    json_writer_string(&json, "status",
                       any_fires(notice) ? "firing" : "resolved");
    json_writer_string(&json, "receiver", "tallyman");
    json_writer_open(&json, "groupLabels", '{');
    json_writer_close(&json, '}');
    if (notice_count(notice) > 0) {
        struct notice_alert first = notice_alert(notice, 0);
        struct labels labels = {notice, &first, true, &json};
        write_labels(&labels, "commonLabels");
    }
    json_writer_open(&json, "commonAnnotations", '{');
    json_writer_close(&json, '}');
    json_writer_string(&json, "externalURL",
                       notice->dashboard ? notice->dashboard : "");
    json_writer_open(&json, "alerts", '[');
    for (size_t i = 0; i < notice_count(notice); i++) {
        struct notice_alert alert = notice_alert(notice, i);
        write_alert(notice, &alert, &json);
    }
    json_writer_close(&json, ']');
    json_writer_close(&json, '}');
}

/* --- Slack's form --------------------------------------------------------- */

/* Escapes Slack's control sequences, such as `<!channel>`. */
static void write_slack_text(const char *key, const struct strbuf *text,
                             struct json_writer *json) {
    struct strbuf escaped = {0};
    for (size_t i = 0; i < text->len; i++)
        switch (text->data[i]) {
        case '&':
            strbuf_add_string(&escaped, "&amp;");
            break;
        case '<':
            strbuf_add_string(&escaped, "&lt;");
            break;
        case '>':
            strbuf_add_string(&escaped, "&gt;");
            break;
        default:
            strbuf_add_char(&escaped, text->data[i]);
            break;
        }
    json_writer_text(json, key, strbuf_text(&escaped), escaped.len);
    json->out->failed = json->out->failed || text->failed || escaped.failed;
    strbuf_free(&escaped);
}

static const char *color(const struct notice_alert *alert) {
    if (!alert->firing)
        return "good";
    return strcmp(alert->severity, "critical") == 0 ? "danger" : "warning";
}

static void write_attachment(const struct notice *notice,
                             const struct notice_alert *alert,
                             struct json_writer *json) {
    struct strbuf title = {0};
    struct strbuf text = {0};
    strbuf_printf(&title, "%s: %s (%s)", alert->firing ? "FIRING" : "RESOLVED",
                  alert->name, alert->severity);
    notice_lines(alert, "", &text);
    if (text.len > 0)
        text.len--; /* the last line feed */
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "color", color(alert));
    write_slack_text("fallback", &title, json);
    write_slack_text("title", &title, json);
    if (notice->dashboard)
        json_writer_string(json, "title_link", notice->dashboard);
    write_slack_text("text", &text, json);
    json_writer_string(json, "footer", notice->host);
    json_writer_close(json, '}');
    strbuf_free(&title);
    strbuf_free(&text);
}

void notice_slack(const struct notice *notice, struct strbuf *out) {
    struct json_writer json = begin(out);
    struct strbuf text = {0};
    size_t count = notice_count(notice);
    size_t shown = count < ATTACHMENTS_MAX ? count : ATTACHMENTS_MAX;
    long long more = (long long)(count - shown) + notice_more(notice);
    notice_subject(notice, &text);
    if (more > 0)
        strbuf_printf(&text, "\n%lld more are not shown; all: %s", more,
                      notice->command);
    json_writer_open(&json, NULL, '{');
    write_slack_text("text", &text, &json);
    json_writer_boolean(&json, "mrkdwn", false);
    json_writer_open(&json, "attachments", '[');
    for (size_t i = 0; i < shown; i++) {
        struct notice_alert alert = notice_alert(notice, i);
        write_attachment(notice, &alert, &json);
    }
    json_writer_close(&json, ']');
    json_writer_close(&json, '}');
    strbuf_free(&text);
}
