/* The alerts that are active now. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "cli/report/sections.h"
#include "store/alert_reader.h"

struct listing {
    struct content *content;
    const struct alert_rule_row *rule; /* the rule of the visited alerts */
    size_t count;
    struct err *err;
};

/* The rule's name, with the labels of the alert if it has any. */
static const char *name_of(struct arena *arena, const char *rule,
                           const char *labels, size_t len) {
    struct strbuf out = {0};
    struct json_object *document = NULL;
    struct err ignored;
    if (json_read(labels, len, &document, &ignored) == 0 &&
        json_kind(document) == JSON_OBJECT)
        label_json_show(document, &out);
    json_free(document);
    const char *name =
        show_format(arena, "%s%s%s", rule, out.len > 0 ? " " : "",
                    out.len > 0 ? out.data : "");
    arena->failed |= out.failed;
    strbuf_free(&out);
    return name;
}

/* As the dashboard shows it. */
static const char *value_of(struct arena *arena, double value,
                            const char *unit) {
    if (strcmp(unit, "seconds") == 0)
        return show_seconds(arena, value);
    if (strcmp(unit, "bytes") == 0)
        return show_bytes(arena, value);
    const char *number = show_number(arena, value);
    if (strcmp(unit, "per second") == 0)
        return show_format(arena, "%s/s", number);
    return show_format(arena, "%s%s%s", number, *unit ? "\u00a0" : "", unit);
}

/* An alert_visit. */
static int add_alert(void *context, const struct alert_row *alert) {
    static const struct report_column columns[] = {
        {"Alert", true}, {"State", true}, {"Value", false}, {"Since", true}};
    struct listing *listing = context;
    const struct alert_rule_row *rule = listing->rule;
    struct report *report = listing->content->report;
    struct arena *arena = &report->arena;
    if (listing->count++ == 0)
        report_table(report, "Active alerts", columns,
                     sizeof(columns) / sizeof(columns[0]));
    if (listing->count > SECTION_ROWS)
        return 0;
    report_row(report, NAN);
    report_cell(report,
                name_of(arena, rule->name, alert->labels, alert->labels_len));
    report_toned(report,
                 show_format(arena, "%s, %s",
                             alert->firing ? "firing" : "pending",
                             rule->severity),
                 alert->firing ? TONE_POOR : TONE_MIDDLING);
    report_cell(report, value_of(arena, alert->value, rule->unit));
    report_cell(report, week_moment(arena, (int64_t)alert->since));
    report_detail(report,
                  show_format(arena, "%s%s(%s %s)", rule->text,
                              *rule->text ? " " : "", rule->measured,
                              rule->condition),
                  NULL);
    return 0;
}

/* Both are an alert_rule_visit. */

static int count_rule(void *context, const struct alert_rule_row *rule) {
    size_t *count = context;
    (void)rule;
    ++*count;
    return 0;
}

static int add_alerts(void *context, const struct alert_rule_row *rule) {
    struct listing *listing = context;
    listing->rule = rule;
    return alert_reader_alerts(listing->content->ask.source->reader, rule->name,
                               add_alert, listing, listing->err);
}

int section_alerts(struct content *content, struct err *err) {
    struct listing listing = {.content = content, .err = err};
    struct report *report = content->report;
    struct reader *reader = content->ask.source->reader;
    size_t rules = 0;
    if (alert_reader_rules(reader, count_rule, &rules, err) != 0)
        return -1;
    if (rules == 0) {
        content_miss(content, "Alerts: write rules to `alerts.json`, and let "
                              "cron run `tallyman alert` every five minutes.");
        return 0;
    }
    const char *moment = week_moment(&report->arena, content->now);
    report_section(report, "Active alerts",
                   show_format(&report->arena, "On %s", moment));
    if (alert_reader_rules(reader, add_alerts, &listing, err) != 0)
        return -1;
    if (listing.count == 0)
        report_note(report, "No alert is active.");
    content_more(content, SECTION_ROWS, listing.count);
    return 0;
}
