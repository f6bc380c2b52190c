#include "cli/monitoring/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "templates.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* The options, in the order of their table. */
enum monitoring_option {
    OPTION_OUT,
    OPTION_NODES,
    OPTION_TLS,
    OPTION_TOKEN_FILE,
    OPTION_SERVICES,
    OPTION_ENVIRONMENT,
    OPTION_STACK,
    OPTION_STORAGE,
    OPTION_RETENTION,
    OPTION_SCRAPE_INTERVAL,
    OPTION_HIGH_AVAILABILITY,
    OPTION_CHANNELS,
    OPTION_PRESETS,
    OPTION_EXPORTERS,
    OPTION_TRACING,
    OPTION_DRY_RUN,
    OPTION_FORCE,
    OPTIONS /* those that every command has */
};

const struct command_option monitoring_options[] = {
    [OPTION_OUT] = {"out", 0, "DIR", "where the files go; made if need be"},
    [OPTION_NODES] = {"nodes", 0, "HOST:PORT,...",
                      "the machines with a Tallyman, as Prometheus\n"
                      "reaches them (host.docker.internal:80)"},
    [OPTION_TLS] = {"tls", 0, NULL, "they are asked with https"},
    [OPTION_TOKEN_FILE] =
        {"token-file", 0, "FILE",
         "the scrape token, on the Prometheus machine\n"
         "(secrets/scrape.token if the configuration has one)"},
    [OPTION_SERVICES] = {"services", 0, "A,B",
                         "families whose names begin with A_ get\n"
                         "service=\"A\", and a team"},
    [OPTION_ENVIRONMENT] = {"environment", 0, "NAME", "(production)"},
    [OPTION_STACK] = {"stack", 0, "NAME", "(the first)\n" STACK_WORDS},
    [OPTION_STORAGE] = {"storage", 0, "NAME",
                        "where samples are kept (the first)\n" STORAGE_WORDS},
    [OPTION_RETENTION] = {"retention", 0, "TIME",
                          "how long samples are kept (30d)"},
    [OPTION_SCRAPE_INTERVAL] = {"scrape-interval", 0, "TIME", "(15s)"},
    [OPTION_HIGH_AVAILABILITY] = {"high-availability", 0, NULL,
                                  "two of Prometheus and of Alertmanager"},
    [OPTION_CHANNELS] = {"alerting-channels", 0, "LIST",
                         "(none)\n" CHANNEL_WORDS},
    [OPTION_PRESETS] = {"dashboard-presets", 0, "LIST", "(all)\n" PRESET_WORDS},
    [OPTION_EXPORTERS] = {"exporters", 0, "LIST", "(none)\n" EXPORTER_WORDS},
    [OPTION_TRACING] = {"tracing", 0, "NAME", "(the first)\n" TRACING_WORDS},
    [OPTION_DRY_RUN] = {"dry-run", 0, NULL,
                        "check and list the files, write none"},
    [OPTION_FORCE] = {"force", 0, NULL, "replace files that are there"},
    [OPTIONS] = {0}};

/* What is being read. */
struct parse {
    const struct call *call;
    const char *option; /* its name */
    const char *value;
    struct arena *arena;
    int status; /* -1 as long as all is well */
};

/* The options with words: their name, and what templates/CHOICES calls it. */
static const struct {
    enum monitoring_option option;
    const char *name;
    const char *choice;
    const char *words;
    bool many;
} choices[CHOICES] = {
    [CHOICE_STACK] = {OPTION_STACK, "stack", "stack", STACK_WORDS, false},
    [CHOICE_STORAGE] = {OPTION_STORAGE, "storage", "storage", STORAGE_WORDS,
                        false},
    [CHOICE_TRACING] = {OPTION_TRACING, "tracing", "tracing", TRACING_WORDS,
                        false},
    [CHOICE_CHANNELS] = {OPTION_CHANNELS, "alerting-channels", "channel",
                         CHANNEL_WORDS, true},
    [CHOICE_PRESETS] = {OPTION_PRESETS, "dashboard-presets", "preset",
                        PRESET_WORDS, true},
    [CHOICE_EXPORTERS] = {OPTION_EXPORTERS, "exporters", "exporter",
                          EXPORTER_WORDS, true},
};

/* The bit of a word; 0 after a message. */
static unsigned read_word(struct parse *parse, enum monitoring_choice choice,
                          const char *text, size_t len) {
    unsigned bit = 1;
    for (const struct template_choice *it = template_choices; it->option;
         it++) {
        if (strcmp(it->option, choices[choice].choice) != 0)
            continue;
        if (strlen(it->word) == len && strncmp(it->word, text, len) == 0)
            return bit;
        bit <<= 1;
    }
    parse->status = call_misused(
        parse->call, "--%s: \"%.*s\" is not known, must be %s%s", parse->option,
        len > 100 ? 100 : (int)len, text,
        choices[choice].many ? "one or more of " : "", choices[choice].words);
    return 0;
}

static unsigned read_words(struct parse *parse, enum monitoring_choice choice,
                           const char *text) {
    unsigned chosen = 0;
    if (!choices[choice].many)
        return read_word(parse, choice, text, strlen(text));
    for (const char *word = text; parse->status < 0; word++) {
        size_t len = strcspn(word, ",");
        chosen |= read_word(parse, choice, word, len);
        word += len;
        if (!*word)
            break;
    }
    return chosen;
}

static bool is_name(const char *text) {
    return *text && strspn(text, LETTERS DIGITS "_-.") == strlen(text) &&
           strlen(text) <= 63;
}

/* As the beginning of a family's name, or the name of a pushed job; the team's
 * second receiver in alertmanager.yml ends in -critical. */
static bool is_service(const char *text) {
    static const char reserved[] = "-critical";
    const size_t len = strlen(text);
    const size_t end = sizeof(reserved) - 1;
    if (len >= end && strcmp(text + len - end, reserved) == 0)
        return false;
    return *text && strchr(LETTERS, *text) &&
           strspn(text, LETTERS DIGITS "_-") == strlen(text) &&
           strlen(text) <= 63;
}

static bool is_node(const char *text) {
    const char *colon = strrchr(text, ':');
    size_t host = colon ? (size_t)(colon - text) : 0;
    char *end = NULL;
    if (host == 0 || !colon[1] || strspn(colon + 1, DIGITS) > 5)
        return false;
    long port = strtol(colon + 1, &end, 10);
    if (*end || port < 1 || port > 65535)
        return false;
    if (text[0] == '[')
        return host > 3 && text[host - 1] == ']' &&
               strspn(text + 1, DIGITS "abcdefABCDEF:.") == host - 2;
    return strspn(text, LETTERS DIGITS ".-_") == host;
}

static bool has_earlier(const struct string_list *list, const char *text) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->strings[i], text) == 0)
            return true;
    return false;
}

static struct string_list read_list(struct parse *parse, const char *text,
                                    bool (*is_good)(const char *),
                                    const char *permitted) {
    struct string_list list = {NULL, 0};
    size_t room = strlen(text) + 2;
    list.strings = arena_take(parse->arena, room * sizeof(*list.strings));
    for (const char *at = text; list.strings && parse->status < 0; at++) {
        size_t len = strcspn(at, ",");
        char *copy = arena_copy(parse->arena, at, len);
        if (!copy)
            break;
        if (!is_good(copy) || has_earlier(&list, copy))
            parse->status = call_misused(
                parse->call, "--%s: \"%.100s\" %s, must be %s", parse->option,
                copy, is_good(copy) ? "is there twice" : "is not permitted",
                permitted);
        list.strings[list.count++] = copy;
        list.strings[list.count] = NULL;
        at += len;
        if (!*at)
            return list;
    }
    if (parse->status < 0)
        parse->status = call_failed(parse->call, "out of memory");
    return list;
}

/* A whole number, not 0, of one of the units. */
static const char *read_time(struct parse *parse, const char *text,
                             const char *units, const char *permitted) {
    size_t digits = strspn(text, DIGITS);
    if (digits == 0 || digits > 4 || strspn(text, "0") == digits ||
        !text[digits] || !strchr(units, text[digits]) || text[digits + 1])
        parse->status = call_misused(
            parse->call, "--%s: \"%.100s\" is not permitted, must be %s",
            parse->option, text, permitted);
    return text;
}

static const char *read_interval(struct parse *parse, const char *text) {
    static const char permitted[] = "seconds, from 1s to 120s";
    (void)read_time(parse, text, "s", permitted);
    if (parse->status < 0 && strtol(text, NULL, 10) > 120)
        parse->status = call_misused(
            parse->call,
            "--%s: \"%.100s\" is too long for Prometheus to draw lines, must "
            "be %s",
            parse->option, text, permitted);
    return text;
}

static const char *read_environment(struct parse *parse, const char *text) {
    if (!is_name(text))
        parse->status = call_misused(
            parse->call,
            "--environment: \"%.100s\" is not permitted, must be up to 63 "
            "letters, digits, dots, hyphens and underscores",
            text);
    return text;
}

/* The path stands in YAML and in the short syntax of volumes. */
static const char *read_path(struct parse *parse, const char *text) {
    if (!*text || strpbrk(text, ":\"\\$\n\r\t"))
        parse->status = call_misused(
            parse->call,
            "--%s: \"%.100s\" is not permitted, must be a path without "
            "colon, quote, backslash and dollar sign",
            parse->option, text);
    return text;
}

/* The options whose arguments are no words of a list. */
static void read_text(struct parse *parse, enum monitoring_option option,
                      struct monitoring *monitoring) {
    if (option == OPTION_SERVICES)
        monitoring->services = read_list(
            parse, parse->value, is_service,
            "different names of letters, digits, hyphens and underscores that "
            "begin with a letter and do not end in -critical");
    else if (option == OPTION_ENVIRONMENT)
        monitoring->environment = read_environment(parse, parse->value);
    else if (option == OPTION_RETENTION)
        monitoring->retention =
            read_time(parse, parse->value, "hdwy",
                      "a number of hours, days, weeks or years: 12h, 30d, 8w "
                      "or 1y");
    else if (option == OPTION_SCRAPE_INTERVAL)
        monitoring->scrape_interval = read_interval(parse, parse->value);
    else if (option == OPTION_NODES)
        monitoring->nodes =
            read_list(parse, parse->value, is_node,
                      "different hosts with their port, such as "
                      "a.example.org:443,b.example.org:443");
    else if (option == OPTION_TOKEN_FILE)
        monitoring->token_file = read_path(parse, parse->value);
}

static void read_option(struct parse *parse, enum monitoring_option option,
                        struct monitoring *monitoring) {
    for (enum monitoring_choice i = CHOICE_STACK; i < CHOICES; i++)
        if (choices[i].option == option)
            monitoring->chosen[i] = read_words(parse, i, parse->value);
    switch (option) {
    case OPTION_OUT:
        monitoring->out = parse->value;
        break;
    case OPTION_HIGH_AVAILABILITY:
        monitoring->high_availability = true;
        break;
    case OPTION_TLS:
        monitoring->tls = true;
        break;
    case OPTION_DRY_RUN:
        monitoring->dry_run = true;
        break;
    case OPTION_FORCE:
        monitoring->force = true;
        break;
    case OPTION_STACK:
    case OPTION_STORAGE:
    case OPTION_TRACING:
    case OPTION_CHANNELS:
    case OPTION_PRESETS:
    case OPTION_EXPORTERS:
    case OPTIONS:
        break;
    case OPTION_SERVICES:
    case OPTION_ENVIRONMENT:
    case OPTION_RETENTION:
    case OPTION_SCRAPE_INTERVAL:
    case OPTION_NODES:
    case OPTION_TOKEN_FILE:
        read_text(parse, option, monitoring);
        break;
    }
}

/* The longer first: shop_admin_x is of shop_admin, not of shop. */
static int by_length(const void *a, const void *b) {
    const char *const *one = a;
    const char *const *other = b;
    const size_t lens[] = {strlen(*one), strlen(*other)};
    return lens[0] != lens[1] ? (lens[0] < lens[1] ? 1 : -1)
                              : strcmp(*one, *other);
}

/* Prometheus counts no 300 years. */
enum { RETENTION_YEARS_MAX = 100 };

static long retention_hours(const struct monitoring *monitoring) {
    static const struct {
        char unit;
        long hours;
    } units[] = {{'h', 1}, {'d', 24}, {'w', 7L * 24}, {'y', 365L * 24}};
    char *end;
    const long count = strtol(monitoring->retention, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (*end == units[i].unit)
            return count * units[i].hours;
    return 0;
}

/* With another store Prometheus itself keeps what the rules look back at. */
static int check_retention(const struct call *call,
                           const struct monitoring *monitoring) {
    const long hours = retention_hours(monitoring);
    if (hours > RETENTION_YEARS_MAX * 365L * 24)
        return call_misused(call,
                            "--retention: %s is too long, must be %dy or less",
                            monitoring->retention, RETENTION_YEARS_MAX);
    const bool victoria = monitoring_chose(monitoring, "stack", "victoria");
    if (hours < 24 &&
        (victoria || monitoring_chose(monitoring, "storage", "victoria")))
        return call_misused(
            call,
            "--retention: %s is too short for VictoriaMetrics, must be a day "
            "or more",
            monitoring->retention);
    if (hours < 30L * 24 &&
        (victoria || monitoring_chose(monitoring, "storage", "local")))
        (void)fprintf(stderr,
                      "tallyman monitoring: --retention %s: error budgets are "
                      "of 30 days, and will know these only; the week before "
                      "needs 8d\n",
                      monitoring->retention);
    return -1;
}

/* The stacks with which a word goes together. */
static void add_stacks(const char *needs, struct strbuf *out) {
    for (const struct template_choice *it = template_choices; it->option; it++)
        if (strcmp(it->option, "stack") == 0 &&
            (strcmp(it->sets, needs) == 0 ||
             strcmp(needs + strlen("stack_"), it->word) == 0))
            strbuf_printf(out, "%s%s", out->len > 0 ? " or " : "", it->word);
}

static const char *option_name(const char *choice) {
    enum monitoring_choice which = CHOICE_STACK;
    while (strcmp(choices[which].choice, choice) != 0)
        which++;
    return choices[which].name;
}

static int check_needs(const struct call *call,
                       const struct monitoring *monitoring) {
    for (const struct template_choice *it = template_choices; it->option;
         it++) {
        struct strbuf stacks = {0};
        if (!*it->needs ||
            !monitoring_chose(monitoring, it->option, it->word) ||
            monitoring_has(monitoring, it->needs))
            continue;
        add_stacks(it->needs, &stacks);
        const int status = call_misused(
            call, "--%s: %s goes with --stack %s only", option_name(it->option),
            it->word, stacks.failed ? "" : stacks.data);
        strbuf_free(&stacks);
        return status;
    }
    return -1;
}

static int check_together(const struct call *call,
                          const struct monitoring *monitoring) {
    if (!monitoring->out || !*monitoring->out)
        return call_misused(call,
                            "--out is missing, must be the directory that "
                            "the files go to");
    const int status = check_needs(call, monitoring);
    if (status < 0 && monitoring->high_availability &&
        !monitoring_has(monitoring, "monitoring"))
        return call_misused(call, "--high-availability: goes with --stack "
                                  "prometheus or victoria only");
    return status >= 0 ? status : check_retention(call, monitoring);
}

int monitoring_read(const struct call *call, struct arena *arena,
                    struct monitoring *monitoring) {
    static const char *default_nodes[] = {"host.docker.internal:80", NULL};
    struct parse parse = {.call = call, .arena = arena, .status = -1};
    *monitoring = (struct monitoring){
        .environment = "production",
        .retention = "30d",
        .scrape_interval = "15s",
        .chosen =
            {[CHOICE_STACK] = 1, [CHOICE_STORAGE] = 1, [CHOICE_TRACING] = 1},
        .nodes = {default_nodes, 1}};
    for (size_t i = 0; i < call->option_count && parse.status < 0; i++) {
        const struct call_option *given = &call->options[i];
        enum monitoring_option option = OPTION_OUT;
        while (option < OPTIONS && given->option != &monitoring_options[option])
            option++;
        parse.option = given->option->name;
        parse.value = given->value;
        read_option(&parse, option, monitoring);
    }
    if (parse.status >= 0)
        return parse.status;
    if (monitoring->services.count > 1)
        qsort(monitoring->services.strings, monitoring->services.count,
              sizeof(*monitoring->services.strings), by_length);
    const int status = check_together(call, monitoring);
    if (monitoring->chosen[CHOICE_PRESETS] == 0)
        monitoring->chosen[CHOICE_PRESETS] = ~0U;
    return status;
}
