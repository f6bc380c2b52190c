#include "alert/message.h"

#include <math.h>
#include <string.h>

#include "alert/moment.h"
#include "base/json_writer.h"
#include "base/number.h"

/* Rounds to four digits, or to a whole number from 1000 on. */
static double round_value(double value) {
    const double size = fabs(value);
    if (!(size > 0) || size >= 1000)
        return size < 1e15 ? round(value) : value;
    const double scale = pow(10, 3 - floor(log10(size)));
    return isfinite(scale) ? round(value * scale) / scale : value;
}

static void add_summary(const struct alert_event *event, struct strbuf *out) {
    strbuf_printf(out, "%s: ", event->measured);
    if (isnan(event->value)) {
        strbuf_add_string(out, "no value");
    } else {
        char number[NUMBER_SIZE];
        (void)number_format(round_value(event->value), number);
        strbuf_printf(out, "%s%s%s", number, *event->unit ? " " : "",
                      event->unit);
    }
    strbuf_printf(out, " (%s)", event->condition);
}

static void write_event(struct json_writer *json,
                        const struct alert_event *event, int64_t now) {
    struct strbuf summary = {0};
    add_summary(event, &summary);
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "status", event->reason ? "resolved" : "firing");
    json_writer_string(json, "name", event->name);
    json_writer_string(json, "severity", event->severity);
    json_writer_string(json, "text", event->text);
    json_writer_raw(json, "labels", event->labels, strlen(event->labels));
    json_writer_string(json, "measured", event->measured);
    json_writer_number(json, "value", event->value);
    json_writer_string(json, "unit", event->unit);
    json_writer_string(json, "condition", event->condition);
    json_writer_string(json, "summary", strbuf_text(&summary));
    json_writer_string(json, "query", event->query);
    json_writer_string(json, "since", moment_of(event->since).text);
    json_writer_string(json, "ended",
                       event->reason ? moment_of(now).text : NULL);
    json_writer_string(json, "reason", event->reason);
    json_writer_close(json, '}');
    if (summary.failed)
        json->out->failed = true;
    strbuf_free(&summary);
}

size_t alert_message_write(const struct alert_event *events, size_t count,
                           const struct alert_channel *channel, int64_t now,
                           struct strbuf *out) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    size_t taken = 0;
    size_t starting = 0;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        const bool takes = alert_channel_takes(channel, events[i].severity);
        taken += takes;
        starting += takes && !events[i].reason;
    }
    if (taken == 0)
        return 0;
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "status", starting > 0 ? "firing" : "resolved");
    json_writer_string(&json, "time", moment_of(now).text);
    json_writer_natural(&json, "more",
                        taken > ALERT_MESSAGE_MAX ? taken - ALERT_MESSAGE_MAX
                                                  : 0);
    json_writer_open(&json, "alerts", '[');
    for (size_t i = 0; i < count && written < ALERT_MESSAGE_MAX; i++)
        if (alert_channel_takes(channel, events[i].severity)) {
            write_event(&json, &events[i], now);
            written++;
        }
    json_writer_close(&json, ']');
    json_writer_close(&json, '}');
    return taken;
}
