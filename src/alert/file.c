#include "alert/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alert/channels.h"
#include "alert/rules.h"
#include "alert/url.h"
#include "alert/words.h"

static void read_sendmail(struct place *place,
                          const struct json_object *document,
                          struct alerts *alerts) {
    size_t len;
    const char *path = place_get_text(place, document, "sendmail", NULL, &len);
    if (!path)
        return;
    if (*path != '/')
        place_report(place, "sendmail",
                     "is \"%s\", must be the absolute path of a program, "
                     "such as /usr/sbin/sendmail",
                     alert_show(path, len).text);
    alerts->sendmail = arena_copy(&alerts->arena, path, len);
}

static void read_dashboard(struct place *place,
                           const struct json_object *document,
                           struct alerts *alerts) {
    struct alert_url url;
    size_t len;
    const char *text = place_get_text(place, document, "dashboard", NULL, &len);
    if (!text)
        return;
    if (!alert_url_read(text, len, &url))
        place_report(place, "dashboard",
                     "is \"%s\", must be a URL that begins with https:// or "
                     "http://, has a host, no spaces, and at most %d bytes",
                     alert_show(text, len).text, ALERT_URL_MAX);
    alerts->dashboard = arena_copy(&alerts->arena, text, len);
}

static bool severity_used(const struct alerts *alerts, const char *severity) {
    for (size_t i = 0; i < alerts->rule_count; i++)
        if (alerts->rules[i].severity &&
            strcmp(alerts->rules[i].severity, severity) == 0)
            return true;
    return false;
}

/* An unused severity may be misspelt. Without a channel, an alert is visible
 * only on the dashboard. */
static void warn_of_severities(struct place *place,
                               const struct alerts *alerts) {
    for (size_t i = 0; i < alerts->channel_count; i++) {
        const struct alert_channel *channel = &alerts->channels[i];
        (void)snprintf(place->key, sizeof(place->key), "notify[%zu]", i);
        for (size_t k = 0; k < channel->severity_count; k++) {
            char key[40];
            (void)snprintf(key, sizeof(key), "severities[%zu]", k);
            if (!severity_used(alerts, channel->severities[k]))
                place_warn(place, key, "no rule has the severity \"%s\"",
                           channel->severities[k]);
        }
    }
    for (size_t i = 0; i < alerts->rule_count; i++) {
        size_t takers = 0;
        for (size_t k = 0; k < alerts->channel_count; k++)
            takers += alert_channel_takes(&alerts->channels[k],
                                          alerts->rules[i].severity);
        (void)snprintf(place->key, sizeof(place->key), "alerts[%zu]", i);
        if (takers == 0 && alerts->channel_count > 0)
            place_warn(place, "severity",
                       "no channel of `notify` accepts \"%s\": no notification "
                       "is sent",
                       alerts->rules[i].severity);
    }
}

static void read_document(struct place *place, const struct config *config,
                          struct alerts *alerts) {
    static const char *const keys[] = {"sendmail", "dashboard", "notify",
                                       "alerts", NULL};
    const struct json_object *document = place->source->document;
    const size_t before = place->diagnostics->count;
    if (json_kind(document) != JSON_OBJECT) {
        place_report(place, "", "is %s, must be an object with alerts",
                     json_kind_name(json_kind(document)));
        return;
    }
    place_check_keys(place, document, keys);
    read_sendmail(place, document, alerts);
    read_dashboard(place, document, alerts);
    alert_channels_read(place, document, alerts);
    alert_rules_read(place, config, document, alerts);
    if (place->diagnostics->count == before && !alerts->arena.failed)
        warn_of_severities(place, alerts);
}

int alerts_load(struct alerts *alerts, const char *path,
                const struct config *config, struct diagnostics *diagnostics) {
    const size_t before = diagnostics->count;
    struct registry scratch = {.room = 0};
    struct source source;
    *alerts = (struct alerts){.exists = access(path, F_OK) == 0 ||
                                        (errno != ENOENT && errno != ENOTDIR)};
    if (!alerts->exists)
        return 0;
    if (source_open(&source, path, diagnostics) == 0) {
        struct place place = {&scratch, &config->limits, &source, diagnostics,
                              ""};
        read_document(&place, config, alerts);
        source_check_repeats(&source, diagnostics);
    }
    source_close(&source);
    if (alerts->arena.failed || scratch.arena.failed) {
        diagnostics->no_memory = true;
        diagnose_file(diagnostics, path, "out of memory");
    }
    registry_free(&scratch);
    return diagnostics->count == before ? 0 : -1;
}
