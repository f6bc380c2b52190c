/* An alerts file: the rules of an accepted file make queries that parse, and
 * its channels have names of one line; a refused file has a message with its
 * place. */
#include <assert.h>
#include <string.h>

#include "alert/file.h"
#include "base/utf8.h"
#include "query/parser.h"
#include "text_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void add(struct registry *registry, const char *name,
                enum metric_type type) {
    static double bounds[] = {1, 2.5};
    struct family *family = registry_add(registry, name, strlen(name));
    assert(family);
    family->type = type;
    family->any_labels = type == METRIC_COUNTER;
    family->bounds = bounds;
    family->bound_count = type == METRIC_HISTOGRAM ? 2 : 0;
}

static void check_text(const char *text) {
    uint32_t code;
    const size_t len = strlen(text);
    assert(utf8_valid(text, len));
    for (size_t at = 0; at < len;) {
        at += utf8_decode(text + at, len - at, &code);
        assert(!utf8_hidden(code));
    }
}

static void check_query(const char *query) {
    struct arena arena = {.blocks = NULL};
    struct err err = {.code = ERR_NONE};
    assert(parser_query(query, strlen(query), &arena, &err));
    arena_free(&arena);
}

static void check(const struct alerts *alerts) {
    for (size_t i = 0; i < alerts->rule_count; i++) {
        const struct alert_rule *rule = &alerts->rules[i];
        check_query(rule->query);
        if (rule->count_query)
            check_query(rule->count_query);
        check_text(rule->name);
        check_text(rule->severity);
        check_text(rule->text);
        assert(rule->condition && rule->unit && rule->families);
        assert(rule->over >= 0 && rule->for_seconds >= 0);
    }
    for (size_t i = 0; i < alerts->channel_count; i++) {
        const struct alert_channel *channel = &alerts->channels[i];
        assert(channel->value_count > 0 && channel->key);
        assert(channel->kind == ALERT_COMMAND || strlen(channel->name) > 0);
        if (channel->kind != ALERT_COMMAND)
            check_text(channel->values[0]);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct config config = {.limits = {.label_value_bytes = 128}};
    struct diagnostics diagnostics = {.count = 0};
    struct alerts alerts;
    config.open_families = len > 0 && bytes[len - 1] == '\n';
    add(&config.registry, "c", METRIC_COUNTER);
    add(&config.registry, "g", METRIC_GAUGE);
    add(&config.registry, "h", METRIC_HISTOGRAM);
    const int result = alerts_load(
        &alerts, text_file("alerts.json", bytes, len), &config, &diagnostics);
    assert((diagnostics.count > 0) == (diagnostics.text.len > 0));
    assert((diagnostics.count > 0) == (result != 0));
    if (result == 0)
        check(&alerts);
    alerts_free(&alerts);
    diagnostics_free(&diagnostics);
    registry_free(&config.registry);
    return 0;
}
