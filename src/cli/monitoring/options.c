#include "cli/monitoring/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "templates.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const struct command_option monitoring_options[] = {
    {"out", 0, "DIR", "where the files go; made if need be"},
    {"nodes", 0, "HOST:PORT,...",
     "the machines with a Tallyman, as Prometheus\n"
     "reaches them (host.docker.internal:80)"},
    {"tls", 0, NULL, "they are asked with https"},
    {"token-file", 0, "FILE",
     "the scrape token, on the Prometheus machine\n"
     "(secrets/scrape.token if the configuration has one)"},
    {"services", 0, "A,B",
     "families whose names begin with A_ get\n"
     "service=\"A\", and a team"},
    {"environment", 0, "NAME", "(production)"},
    {"stack", 0, "NAME", "(the first)\n" STACK_WORDS},
    {"storage", 0, "NAME",
     "where samples are kept (the first)\n" STORAGE_WORDS},
    {"retention", 0, "TIME", "how long samples are kept (30d)"},
    {"scrape-interval", 0, "TIME", "(15s)"},
    {"high-availability", 0, NULL, "two of Prometheus and of Alertmanager"},
    {"alerting-channels", 0, "LIST", "(none)\n" CHANNEL_WORDS},
    {"dashboard-presets", 0, "LIST", "(all)\n" PRESET_WORDS},
    {"exporters", 0, "LIST", "(none)\n" EXPORTER_WORDS},
    {"tracing", 0, "NAME", "(the first)\n" TRACING_WORDS},
    {"dry-run", 0, NULL, "check and list the files, write none"},
    {"force", 0, NULL, "replace files that are there"},
    {0}};

/* What is wrong with a text, as a message goes on, or NULL. */
typedef const char *find_problem(const char *text);

static const char not_permitted[] = "is not permitted";

static const char *problem_if(bool bad) {
    return bad ? not_permitted : NULL;
}

static const char *problem_of_environment(const char *text) {
    return problem_if(!*text ||
                      strspn(text, LETTERS DIGITS "_-.") != strlen(text) ||
                      strlen(text) > 63);
}

/* As the beginning of a family's name, or the name of a pushed job; the team's
 * second receiver in alertmanager.yml ends in -critical. */
static const char *problem_of_service(const char *text) {
    static const char reserved[] = "-critical";
    const size_t len = strlen(text);
    const size_t end = sizeof(reserved) - 1;
    return problem_if(!*text || !strchr(LETTERS, *text) ||
                      strspn(text, LETTERS DIGITS "_-") != len || len > 63 ||
                      (len >= end && strcmp(text + len - end, reserved) == 0));
}

static const char *problem_of_node(const char *text) {
    const char *colon = strrchr(text, ':');
    const size_t host = colon ? (size_t)(colon - text) : 0;
    char *end = NULL;
    if (host == 0 || !colon[1] || strspn(colon + 1, DIGITS) > 5)
        return not_permitted;
    const long port = strtol(colon + 1, &end, 10);
    if (*end || port < 1 || port > 65535)
        return not_permitted;
    if (text[0] == '[')
        return problem_if(host <= 3 || text[host - 1] != ']' ||
                          strspn(text + 1, DIGITS "abcdefABCDEF:.") !=
                              host - 2);
    return problem_if(strspn(text, LETTERS DIGITS ".-_") != host);
}

/* A whole number, not 0, of one of the units. */
static const char *problem_of_time(const char *text, const char *units) {
    const size_t digits = strspn(text, DIGITS);
    return problem_if(digits == 0 || digits > 4 ||
                      strspn(text, "0") == digits || !text[digits] ||
                      !strchr(units, text[digits]) || text[digits + 1]);
}

static const char *problem_of_retention(const char *text) {
    return problem_of_time(text, "hdwy");
}

static const char *problem_of_interval(const char *text) {
    const char *problem = problem_of_time(text, "s");
    return !problem && strtol(text, NULL, 10) > 120
               ? "is too long for Prometheus to draw lines"
               : problem;
}

/* The path stands in YAML and in the short syntax of volumes. */
static const char *problem_of_path(const char *text) {
    bool control = false;
    for (const char *c = text; *c; c++)
        control = control || (unsigned char)*c < 0x20;
    return problem_if(!*text || control || strpbrk(text, ":\"\\$"));
}

enum kind {
    KIND_FLAG,  /* a bool */
    KIND_TEXT,  /* a const char * */
    KIND_LIST,  /* a struct string_list, of what commas separate */
    KIND_WORD,  /* one of templates/CHOICES */
    KIND_WORDS, /* several */
};

/* How each of monitoring_options is read. */
static const struct setting {
    const char *name;
    enum kind kind;
    size_t offset;       /* in struct monitoring; of words none */
    const char *choice;  /* what templates/CHOICES calls the words */
    find_problem *check; /* NULL: any text */
    const char *permitted;
    const char *needs; /* see templates/CHOICES; NULL: nothing */
} settings[] = {
#define FIELD(field) offsetof(struct monitoring, field)
    {"out", KIND_TEXT, FIELD(out), .check = NULL},
    {"stack", KIND_WORD, .choice = "stack", .permitted = STACK_WORDS},
    {"storage", KIND_WORD, .choice = "storage", .permitted = STORAGE_WORDS},
    {"tracing", KIND_WORD, .choice = "tracing", .permitted = TRACING_WORDS},
    {"alerting-channels", KIND_WORDS, .choice = "channel",
     .permitted = CHANNEL_WORDS},
    {"dashboard-presets", KIND_WORDS, .choice = "preset",
     .permitted = PRESET_WORDS},
    {"exporters", KIND_WORDS, .choice = "exporter",
     .permitted = EXPORTER_WORDS},
    {"services", KIND_LIST, FIELD(services), .check = problem_of_service,
     .needs = "monitoring",
     .permitted =
         "different names of letters, digits, hyphens and underscores that "
         "begin with a letter and do not end in -critical"},
    {"environment", KIND_TEXT, FIELD(environment),
     .check = problem_of_environment,
     .permitted = "up to 63 letters, digits, dots, hyphens and underscores"},
    {"retention", KIND_TEXT, FIELD(retention), .check = problem_of_retention,
     .needs = "monitoring",
     .permitted =
         "a number of hours, days, weeks or years: 12h, 30d, 8w or 1y"},
    {"scrape-interval", KIND_TEXT, FIELD(scrape_interval),
     .check = problem_of_interval, .permitted = "seconds, from 1s to 120s"},
    {"nodes", KIND_LIST, FIELD(nodes), .check = problem_of_node,
     .permitted = "different hosts with their port, such as "
                  "a.example.org:443,b.example.org:443"},
    {"token-file", KIND_TEXT, FIELD(token_file), .check = problem_of_path,
     .permitted = "a path without colon, quote, backslash, dollar sign and "
                  "control characters"},
    {"high-availability", KIND_FLAG, FIELD(high_availability),
     .needs = "monitoring"},
    {"tls", KIND_FLAG, FIELD(tls), .check = NULL},
    {"dry-run", KIND_FLAG, FIELD(dry_run), .check = NULL},
    {"force", KIND_FLAG, FIELD(force), .check = NULL},
#undef FIELD
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

/* What is being read. */
struct parse {
    const struct call *call;
    struct monitoring *monitoring;
    struct arena *arena;
    bool given[SETTINGS];
    int status; /* -1 as long as all is well */
};

/* The words of an option in monitoring->chosen. */
static uint64_t bits_of(const char *choice) {
    uint64_t bits = 0;
    for (size_t i = 0; template_choices[i].option; i++)
        if (strcmp(template_choices[i].option, choice) == 0)
            bits |= UINT64_C(1) << i;
    return bits;
}

/* The first word of an option. */
static uint64_t first_of(const char *choice) {
    const uint64_t bits = bits_of(choice);
    return bits & -bits;
}

/* The bit of a word; 0 after a message. */
static uint64_t read_word(struct parse *parse, const struct setting *setting,
                          const char *text, size_t len) {
    for (size_t i = 0; template_choices[i].option; i++)
        if (strcmp(template_choices[i].option, setting->choice) == 0 &&
            strlen(template_choices[i].word) == len &&
            strncmp(template_choices[i].word, text, len) == 0)
            return UINT64_C(1) << i;
    parse->status =
        call_misused(parse->call, "--%s: \"%.*s\" is not known, must be %s%s",
                     setting->name, len > 100 ? 100 : (int)len, text,
                     setting->kind == KIND_WORDS ? "one or more of " : "",
                     setting->permitted);
    return 0;
}

static void read_words(struct parse *parse, const struct setting *setting,
                       const char *text) {
    uint64_t chosen = 0;
    for (const char *word = text; parse->status < 0; word++) {
        const size_t len =
            setting->kind == KIND_WORD ? strlen(word) : strcspn(word, ",");
        chosen |= read_word(parse, setting, word, len);
        word += len;
        if (!*word)
            break;
    }
    parse->monitoring->chosen &= ~bits_of(setting->choice);
    parse->monitoring->chosen |= chosen;
}

static void read_text(struct parse *parse, const struct setting *setting,
                      const char *text) {
    const char *problem = setting->check ? setting->check(text) : NULL;
    if (problem)
        parse->status =
            call_misused(parse->call, "--%s: \"%.100s\" %s, must be %s",
                         setting->name, text, problem, setting->permitted);
}

static void read_list(struct parse *parse, const struct setting *setting,
                      const char *text, struct string_list *list) {
    const size_t room = strlen(text) + 2;
    *list = (struct string_list){
        arena_take(parse->arena, room * sizeof(*list->strings)), 0};
    for (const char *at = text; list->strings && parse->status < 0; at++) {
        const size_t len = strcspn(at, ",");
        char *copy = arena_copy(parse->arena, at, len);
        if (!copy)
            break;
        read_text(parse, setting, copy);
        for (size_t i = 0; i < list->count && parse->status < 0; i++)
            if (strcmp(list->strings[i], copy) == 0)
                parse->status = call_misused(
                    parse->call, "--%s: \"%.100s\" is there twice, must be %s",
                    setting->name, copy, setting->permitted);
        list->strings[list->count++] = copy;
        list->strings[list->count] = NULL;
        at += len;
        if (!*at)
            return;
    }
    if (parse->status < 0)
        parse->status = call_failed(parse->call, "out of memory");
}

static void read_setting(struct parse *parse, const char *name,
                         const char *value) {
    size_t index = 0;
    while (index < SETTINGS && strcmp(settings[index].name, name) != 0)
        index++;
    if (index == SETTINGS)
        return; /* one of those that every command has */
    const struct setting *setting = &settings[index];
    void *field = (char *)parse->monitoring + setting->offset;
    parse->given[index] = true;
    switch (setting->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        break;
    case KIND_TEXT:
        read_text(parse, setting, value);
        *(const char **)field = value;
        break;
    case KIND_LIST:
        read_list(parse, setting, value, field);
        break;
    case KIND_WORD:
    case KIND_WORDS:
        read_words(parse, setting, value);
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
    const bool victoria = monitoring_has(monitoring, "stack_victoria");
    if (hours < 24 &&
        (victoria || monitoring_has(monitoring, "storage_victoria")))
        return call_misused(
            call,
            "--retention: %s is too short for VictoriaMetrics, must be a day "
            "or more",
            monitoring->retention);
    if (hours < 30L * 24 &&
        (victoria || monitoring_has(monitoring, "storage_local")))
        (void)fprintf(stderr,
                      "tallyman monitoring: --retention %s: error budgets are "
                      "of 30 days, and will know these only; the week before "
                      "needs 8d\n",
                      monitoring->retention);
    return -1;
}

/* Says that something goes with certain stacks only. */
static int refuse_stack(const struct call *call, const char *name,
                        const char *word, const char *needs) {
    struct strbuf stacks = {0};
    for (const struct template_choice *it = template_choices; it->option; it++)
        if (strcmp(it->option, "stack") == 0 &&
            (strcmp(it->sets, needs) == 0 || strcmp(it->name, needs) == 0))
            strbuf_printf(&stacks, "%s%s", stacks.len > 0 ? " or " : "",
                          it->word);
    const int status =
        call_misused(call, "--%s: %s%sgoes with --stack %s only", name, word,
                     *word ? " " : "", stacks.failed ? "" : stacks.data);
    strbuf_free(&stacks);
    return status;
}

static int check_needs(const struct parse *parse) {
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = &settings[i];
        if (setting->needs && parse->given[i] &&
            !monitoring_has(parse->monitoring, setting->needs))
            return refuse_stack(parse->call, setting->name, "", setting->needs);
        for (size_t k = 0; setting->choice && template_choices[k].option; k++) {
            const struct template_choice *it = &template_choices[k];
            if (strcmp(it->option, setting->choice) == 0 && *it->needs &&
                (parse->monitoring->chosen >> k & 1) &&
                !monitoring_has(parse->monitoring, it->needs))
                return refuse_stack(parse->call, setting->name, it->word,
                                    it->needs);
        }
    }
    return -1;
}

static int check_together(const struct parse *parse) {
    const struct monitoring *monitoring = parse->monitoring;
    if (!monitoring->out || !*monitoring->out)
        return call_misused(parse->call,
                            "--out is missing, must be the directory that "
                            "the files go to");
    const int status = check_needs(parse);
    return status >= 0 ? status : check_retention(parse->call, monitoring);
}

int monitoring_read(const struct call *call, struct arena *arena,
                    struct monitoring *monitoring) {
    static const char *default_nodes[] = {"host.docker.internal:80", NULL};
    struct parse parse = {
        .call = call, .monitoring = monitoring, .arena = arena, .status = -1};
    *monitoring = (struct monitoring){
        .environment = "production",
        .retention = "30d",
        .scrape_interval = "15s",
        .chosen = first_of("stack") | first_of("storage") | first_of("tracing"),
        .nodes = {default_nodes, 1}};
    for (size_t i = 0; i < call->option_count && parse.status < 0; i++)
        read_setting(&parse, call->options[i].option->name,
                     call->options[i].value);
    if (parse.status >= 0)
        return parse.status;
    if (monitoring->services.count > 1)
        qsort(monitoring->services.strings, monitoring->services.count,
              sizeof(*monitoring->services.strings), by_length);
    const int status = check_together(&parse);
    if ((monitoring->chosen & bits_of("preset")) == 0)
        monitoring->chosen |= bits_of("preset");
    return status;
}
