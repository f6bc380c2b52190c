#include "cli/alert/notice.h"

#include <math.h>
#include <string.h>

#include "alert/moment.h"
#include "base/json_writer.h"
#include "base/utf8.h"

/* A subject omits labels longer than this, in bytes. */
enum { SUBJECT_LABELS_MAX = 100, SUBJECT_NAMES_MAX = 3 };

int notice_read(struct notice *notice, const char *message, struct err *err) {
    if (json_read(message, strlen(message), &notice->message, err) != 0)
        return -1;
    if (json_kind(notice->message) == JSON_OBJECT)
        return 0;
    json_free(notice->message);
    notice->message = NULL;
    return err_set(err, ERR_VALUE, "it is not an object");
}

static const struct json_object *alerts_of(const struct notice *notice) {
    const struct json_object *alerts = json_get(notice->message, "alerts");
    return json_kind(alerts) == JSON_ARRAY ? alerts : NULL;
}

size_t notice_count(const struct notice *notice) {
    const struct json_object *alerts = alerts_of(notice);
    return alerts ? json_length(alerts) : 0;
}

long long notice_more(const struct notice *notice) {
    const struct json_object *more = json_get(notice->message, "more");
    return json_kind(more) == JSON_INTEGER ? json_integer(more) : 0;
}

static const char *text_of(const struct json_object *object, const char *key) {
    size_t len;
    return json_text(json_get(object, key), &len);
}

struct notice_alert notice_alert(const struct notice *notice, size_t index) {
    const struct json_object *alert = json_at(alerts_of(notice), index);
    if (json_kind(alert) != JSON_OBJECT)
        return (struct notice_alert){.name = "",
                                     .severity = "",
                                     .text = "",
                                     .summary = "",
                                     .unit = "",
                                     .condition = "",
                                     .query = "",
                                     .since = "",
                                     .ended = "",
                                     .reason = "",
                                     .value = NAN};
    const struct json_object *value = json_get(alert, "value");
    const struct json_object *labels = json_get(alert, "labels");
    bool known =
        json_kind(value) == JSON_NUMBER || json_kind(value) == JSON_INTEGER;
    return (struct notice_alert){
        .firing = strcmp(text_of(alert, "status"), "firing") == 0,
        .name = text_of(alert, "name"),
        .severity = text_of(alert, "severity"),
        .text = text_of(alert, "text"),
        .summary = text_of(alert, "summary"),
        .unit = text_of(alert, "unit"),
        .condition = text_of(alert, "condition"),
        .query = text_of(alert, "query"),
        .since = text_of(alert, "since"),
        .ended = text_of(alert, "ended"),
        .reason = text_of(alert, "reason"),
        .value = known ? json_number(value) : NAN,
        .labels = json_kind(labels) == JSON_OBJECT ? labels : NULL};
}

/* --- for people ----------------------------------------------------------- */

struct label_list {
    const char *between;
    const char *equals;
    struct strbuf *out;
};

/* A json_visit; context is a label_list. */
static int add_label(void *context, const char *key,
                     const struct json_object *value) {
    const struct label_list *list = context;
    size_t len;
    const char *text = json_text(value, &len);
    if (list->out->len > 0)
        strbuf_add_string(list->out, list->between);
    utf8_escape(list->out, key, strlen(key), true);
    strbuf_add_string(list->out, list->equals);
    utf8_escape(list->out, text, len, true);
    return 0;
}

/* out must be empty: the separator depends on its length. */
static void list_labels(const struct notice_alert *alert, const char *between,
                        const char *equals, struct strbuf *out) {
    struct label_list list = {between, equals, out};
    strbuf_add(out, "", 0);
    if (alert->labels)
        (void)json_members(alert->labels, add_label, &list);
}

/* `2026-11-30T04:05:06Z` as `2026-11-30 04:05 UTC`. */
static void add_time(const char *time, struct strbuf *out) {
    static const char form[] = "2026-11-30T04:05:06Z";
    if (strlen(time) == sizeof(form) - 1)
        strbuf_printf(out, "%.10s %.5s UTC", time, time + 11);
    else
        strbuf_add_string(out, time);
}

static void add_lines(const char *text, const char *indent,
                      struct strbuf *out) {
    while (*text) {
        size_t len = strcspn(text, "\n");
        strbuf_add_string(out, indent);
        utf8_escape(out, text, len, true);
        strbuf_add_char(out, '\n');
        text += len + (text[len] == '\n');
    }
}

static void add_when(const struct notice_alert *alert, struct strbuf *out) {
    strbuf_add_string(out, alert->firing ? "since " : "from ");
    add_time(alert->since, out);
    if (alert->firing)
        return;
    strbuf_add_string(out, " to ");
    add_time(alert->ended, out);
    if (*alert->reason)
        strbuf_printf(out, ": %s", alert->reason);
}

void notice_lines(const struct notice_alert *alert, const char *indent,
                  struct strbuf *out) {
    struct strbuf labels = {0};
    list_labels(alert, ", ", " = ", &labels);
    add_lines(alert->text, indent, out);
    add_lines(alert->summary, indent, out);
    if (labels.len > 0)
        strbuf_printf(out, "%s%s\n", indent, labels.data);
    strbuf_add_string(out, indent);
    add_when(alert, out);
    strbuf_add_char(out, '\n');
    out->failed = out->failed || labels.failed;
    strbuf_free(&labels);
}

/* Names the firing or the resolved alerts: `SlowPages (page=/cart)`, or `3
 * alerts (SlowPages, Errors)`. Returns their number. */
static size_t add_names(const struct notice *notice, bool firing,
                        struct strbuf *out) {
    struct strbuf names = {0};
    struct strbuf labels = {0};
    size_t count = 0;
    size_t named = 0;
    const char *last = "";
    strbuf_add(&names, "", 0);
    for (size_t i = 0; i < notice_count(notice); i++) {
        struct notice_alert alert = notice_alert(notice, i);
        if (alert.firing != firing)
            continue;
        if (count++ == 0)
            list_labels(&alert, ", ", "=", &labels);
        if (strcmp(alert.name, last) == 0)
            continue;
        if (named++ < SUBJECT_NAMES_MAX)
            strbuf_printf(&names, "%s%s", named > 1 ? ", " : "", alert.name);
        last = alert.name;
    }
    if (count > 0)
        strbuf_add_string(out, firing ? "FIRING: " : "RESOLVED: ");
    if (count == 1)
        strbuf_add_string(out, names.data);
    if (count == 1 && labels.len > 0 && labels.len <= SUBJECT_LABELS_MAX)
        strbuf_printf(out, " (%s)", labels.data);
    if (count > 1)
        strbuf_printf(out, "%zu alerts (%s%s)", count, names.data,
                      named > SUBJECT_NAMES_MAX ? ", ..." : "");
    out->failed = out->failed || names.failed || labels.failed;
    strbuf_free(&names);
    strbuf_free(&labels);
    return count;
}

void notice_subject(const struct notice *notice, struct strbuf *out) {
    struct strbuf resolved = {0};
    size_t firing = add_names(notice, true, out);
    if (add_names(notice, false, &resolved) > 0)
        strbuf_printf(out, "%s%s", firing > 0 ? "; " : "", resolved.data);
    strbuf_printf(out, ", %s", notice->host);
    out->failed = out->failed || resolved.failed;
    strbuf_free(&resolved);
}

void notice_text(const struct notice *notice, struct strbuf *out) {
    for (size_t i = 0; i < notice_count(notice); i++) {
        struct notice_alert alert = notice_alert(notice, i);
        strbuf_printf(out, "%s: %s (%s)\n",
                      alert.firing ? "FIRING" : "RESOLVED", alert.name,
                      alert.severity);
        notice_lines(&alert, "  ", out);
        strbuf_add_char(out, '\n');
    }
    if (notice_more(notice) > 0)
        strbuf_printf(out, "%lld more are not in this message.\n\n",
                      notice_more(notice));
    strbuf_printf(out, "Host: %s\n", notice->host);
    if (notice->dashboard)
        strbuf_printf(out, "Dashboard: %s\n", notice->dashboard);
    strbuf_printf(out, "Current state of all rules: %s\n", notice->command);
}

/* --- a trial -------------------------------------------------------------- */

void notice_trial(const char *severity, int64_t now, struct strbuf *out) {
    struct json_writer json = {
        .out = out, .layout = JSON_COMPACT, .escape = JSON_ESCAPE_HIDDEN};
    const struct moment time = moment_of(now);
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "status", "firing");
    json_writer_string(&json, "time", time.text);
    json_writer_natural(&json, "more", 0);
    json_writer_open(&json, "alerts", '[');
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "status", "firing");
    json_writer_string(&json, "name", "TallymanTest");
    json_writer_string(&json, "severity", severity);
    json_writer_string(&json, "text",
                       "This is a trial notification: nothing is wrong. "
                       "`tallyman alert --test` sent it.");
    json_writer_open(&json, "labels", '{');
    json_writer_close(&json, '}');
    json_writer_string(&json, "since", time.text);
    json_writer_close(&json, '}');
    json_writer_close(&json, ']');
    json_writer_close(&json, '}');
}
