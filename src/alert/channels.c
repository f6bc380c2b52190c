#include "alert/channels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alert/url.h"
#include "alert/words.h"
#include "base/mail_address.h"

/* In the order of enum alert_channel_kind. */
static const char *const kinds[] = {"mail", "webhook", "command"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A channel that is being read. */
struct reading {
    struct place *place;
    const struct json_object *object;
    struct alerts *alerts;
    struct alert_channel *channel;
};

/* --- lists ---------------------------------------------------------------- */

/* Checks element `key` of a list, text[0..len), which has no NUL. */
typedef void text_check(const struct reading *reading, const char *key,
                        const char *text, size_t len, size_t index);

/* Reads an array of 1..max strings; NULL after a report. *count is how many. */
static const char *const *read_list(const struct reading *reading,
                                    const char *name, size_t max,
                                    text_check *check, size_t *count) {
    const struct json_object *list =
        place_get(reading->place, reading->object, name, JSON_ARRAY, NULL);
    struct arena *arena = &reading->alerts->arena;
    *count = list ? json_length(list) : 0;
    if (!list)
        return NULL;
    if (*count == 0 || *count > max) {
        place_report(reading->place, name,
                     "has %zu strings, must have 1 to %zu", *count, max);
        return NULL;
    }
    const char **values = arena_take(arena, (*count + 1) * sizeof(*values));
    for (size_t i = 0; values && i < *count; i++) {
        const struct json_object *value = json_at(list, i);
        char key[64];
        size_t len;
        (void)snprintf(key, sizeof(key), "%s[%zu]", name, i);
        values[i] = "";
        if (json_kind(value) != JSON_STRING) {
            place_report(reading->place, key, "is %s, must be a string",
                         json_kind_name(json_kind(value)));
            continue;
        }
        const char *text = json_string(value, &len);
        if (strlen(text) != len || len > ALERT_VALUE_MAX)
            place_report(reading->place, key,
                         "must have no NUL and at most %d bytes",
                         ALERT_VALUE_MAX);
        else
            check(reading, key, text, len, i);
        values[i] = arena_copy(arena, text, len);
        if (!values[i])
            return NULL;
    }
    if (values)
        values[*count] = NULL;
    return values;
}

static void check_address(const struct reading *reading, const char *key,
                          const char *text, size_t len, size_t index) {
    (void)index;
    if (!mail_address_valid(text, len))
        place_report(reading->place, key,
                     "is \"%s\", must be an address such as "
                     "me@example.org",
                     alert_show(text, len).text);
}

static void check_argument(const struct reading *reading, const char *key,
                           const char *text, size_t len, size_t index) {
    if (index == 0 && *text != '/')
        place_report(reading->place, key,
                     "is \"%s\", must be the absolute path of a program",
                     alert_show(text, len).text);
}

static void check_severity(const struct reading *reading, const char *key,
                           const char *text, size_t len, size_t index) {
    (void)index;
    alert_severity_check(reading->place, key, text, len);
}

/* --- webhooks ------------------------------------------------------------- */

static void read_webhook(struct reading *reading) {
    struct arena *arena = &reading->alerts->arena;
    struct alert_channel *channel = reading->channel;
    struct alert_url parts;
    size_t len;
    const char *url =
        place_get_text(reading->place, reading->object, "webhook", NULL, &len);
    const char **values = arena_take(arena, 2 * sizeof(*values));
    if (!url || !values)
        return;
    /* The URL may hold a secret: the message does not repeat it. */
    if (!alert_url_read(url, len, &parts))
        place_report(reading->place, "webhook",
                     "must be a URL that begins with https:// or http://, has "
                     "a host, no spaces, and at most %d bytes",
                     ALERT_URL_MAX);
    values[0] = arena_copy(arena, url, len);
    values[1] = NULL;
    channel->values = values;
    channel->value_count = 1;
    const char *format =
        place_get_text(reading->place, reading->object, "format", NULL, &len);
    if (!format)
        return;
    if (strcmp(format, "slack") == 0)
        channel->format = ALERT_WEBHOOK_SLACK;
    else if (strcmp(format, "json") != 0)
        place_report(reading->place, "format",
                     "is \"%s\", must be \"slack\" or \"json\"",
                     alert_show(format, len).text);
}

/* --- names ---------------------------------------------------------------- */

/* FNV-1a, the same in each process. It need not be keyed: readers of the
 * database may know the URL. */
static uint64_t hash(const struct alert_channel *channel) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < channel->value_count; i++) {
        const char *text = channel->values[i];
        do
            hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
        while (*text++);
    }
    return hash;
}

static void add_name(const struct alert_channel *channel, struct strbuf *out) {
    struct alert_url url;
    const char *first = channel->values[0];
    switch (channel->kind) {
    case ALERT_MAIL:
        strbuf_add_string(out, "mail to ");
        for (size_t i = 0; i < channel->value_count; i++)
            strbuf_printf(out, "%s%s", i > 0 ? ", " : "", channel->values[i]);
        return;
    case ALERT_WEBHOOK:
        if (alert_url_read(first, strlen(first), &url))
            strbuf_printf(out, "webhook http%s://%.*s", url.secure ? "s" : "",
                          (int)(url.host_end - url.host), first + url.host);
        return;
    case ALERT_COMMAND:
        strbuf_printf(out, "command %s", first);
        return;
    }
}

/* Sets name and key. The key has a hash of all values, to refuse a repeated
 * channel, which would notify twice. */
static void name_channel(struct reading *reading) {
    struct alert_channel *channel = reading->channel;
    struct arena *arena = &reading->alerts->arena;
    struct strbuf text = {0};
    if (!channel->values || channel->value_count == 0)
        return;
    add_name(channel, &text);
    channel->name = arena_copy(arena, strbuf_text(&text), text.len);
    strbuf_printf(&text, " #%016" PRIx64, hash(channel));
    channel->key = arena_copy(arena, strbuf_text(&text), text.len);
    if (text.failed)
        arena->failed = true;
    strbuf_free(&text);
    for (size_t i = 0; channel->key && i < reading->alerts->channel_count; i++)
        if (reading->alerts->channels[i].key &&
            strcmp(reading->alerts->channels[i].key, channel->key) == 0)
            place_report(reading->place, kinds[channel->kind],
                         "repeats notify[%zu]; must appear once, with the "
                         "severities of both",
                         i);
}

/* --- one channel ---------------------------------------------------------- */

static void read_from(struct reading *reading) {
    size_t len;
    const char *from =
        place_get_text(reading->place, reading->object, "from", NULL, &len);
    if (!from)
        return;
    if (!mail_address_valid(from, len))
        place_report(reading->place, "from",
                     "is \"%s\", must be an address such as "
                     "tallyman@example.org",
                     alert_show(from, len).text);
    reading->channel->from = arena_copy(&reading->alerts->arena, from, len);
}

static int find_kind(const struct reading *reading) {
    int found = -1;
    for (int i = 0; i < KINDS; i++) {
        if (!json_get(reading->object, kinds[i]))
            continue;
        if (found >= 0) {
            place_report(reading->place, kinds[i],
                         "conflicts with %s, must be a separate channel",
                         kinds[found]);
            return -1;
        }
        found = i;
    }
    if (found < 0)
        place_report(reading->place, "",
                     "must have one of mail, webhook and command");
    return found;
}

static void read_kind(struct reading *reading, enum alert_channel_kind kind) {
    struct alert_channel *channel = reading->channel;
    channel->kind = kind;
    if (kind != ALERT_MAIL)
        place_forbid(reading->place, reading->object, "from", kinds[kind]);
    if (kind != ALERT_WEBHOOK)
        place_forbid(reading->place, reading->object, "format", kinds[kind]);
    switch (kind) {
    case ALERT_MAIL:
        channel->values = read_list(reading, "mail", ALERT_VALUES_MAX,
                                    check_address, &channel->value_count);
        read_from(reading);
        break;
    case ALERT_WEBHOOK:
        read_webhook(reading);
        break;
    case ALERT_COMMAND:
        channel->values = read_list(reading, "command", ALERT_VALUES_MAX,
                                    check_argument, &channel->value_count);
        break;
    }
}

static void read_channel(struct reading *reading) {
    static const char *const keys[] = {
        "mail", "from", "webhook", "format", "command", "severities", NULL};
    if (json_kind(reading->object) != JSON_OBJECT) {
        place_report(reading->place, "", "is %s, must be an object",
                     json_kind_name(json_kind(reading->object)));
        return;
    }
    place_check_keys(reading->place, reading->object, keys);
    const int kind = find_kind(reading);
    if (kind >= 0)
        read_kind(reading, (enum alert_channel_kind)kind);
    reading->channel->severities =
        read_list(reading, "severities", ALERT_SEVERITIES_MAX, check_severity,
                  &reading->channel->severity_count);
    name_channel(reading);
}

void alert_channels_read(struct place *place,
                         const struct json_object *document,
                         struct alerts *alerts) {
    const struct json_object *list =
        place_get(place, document, "notify", JSON_ARRAY, NULL);
    const size_t count = list ? json_length(list) : 0;
    if (count > ALERT_CHANNELS_MAX) {
        place_report(place, "notify", "has %zu channels, must have at most %d",
                     count, ALERT_CHANNELS_MAX);
        return;
    }
    if (count > 0)
        alerts->channels =
            arena_take(&alerts->arena, count * sizeof(*alerts->channels));
    for (size_t i = 0; alerts->channels && i < count; i++) {
        struct reading reading = {place, json_at(list, i), alerts,
                                  &alerts->channels[i]};
        *reading.channel = (struct alert_channel){.key = NULL};
        (void)snprintf(place->key, sizeof(place->key), "notify[%zu]", i);
        read_channel(&reading);
        alerts->channel_count++;
    }
    place->key[0] = '\0';
}
