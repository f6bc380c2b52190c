#include "cli/monitoring/options.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "templates.h"

const struct command_option monitoring_options[] = {
    {"out", 0, "DIR", "the directory for the files, created if missing"},
    {"nodes", 0, "HOST:PORT,...",
     "the Tallyman nodes, as Prometheus reaches them;\n"
     "host.docker.internal:80 by default"},
    {"tls", 0, NULL, "scrape the nodes with https"},
    {"token-file", 0, "FILE",
     "the scrape token, on the Prometheus machine;\n"
     "secrets/scrape.token if the configuration has one"},
    {"services", 0, "A,B",
     "families whose names begin with A_ get\n"
     "service=\"A\", and a team"},
    {"environment", 0, "NAME", "the environment; production by default"},
    {"stack", 0, "NAME", "the first is the default\n" STACK_WORDS},
    {"storage", 0, "NAME",
     "the store of samples; the first is the default\n" STORAGE_WORDS},
    {"retention", 0, "TIME", "how long samples are kept; 30d by default"},
    {"scrape-interval", 0, "TIME", "15s by default"},
    {"high-availability", 0, NULL,
     "two instances of Prometheus and Alertmanager"},
    {"native-histograms", 0, NULL,
     "store each histogram as one native histogram;\n"
     "needs stack prometheus and storage local"},
    {"alerting-channels", 0, "LIST",
     "none by default\n" ALERTING_CHANNELS_WORDS},
    {"dashboard-presets", 0, "LIST",
     "all by default\n" DASHBOARD_PRESETS_WORDS},
    {"exporters", 0, "LIST", "none by default\n" EXPORTERS_WORDS},
    {"tracing", 0, "NAME",
     "the store of traces; the first is the default\n" TRACING_WORDS},
    {"dry-run", 0, NULL, "check and list the files without writing them"},
    {"force", 0, NULL, "replace existing files"},
    {0}};

/* The syntax of values; each pattern is an extended regular expression. */
static const struct form {
    const char *option;
    const char *pattern;
    const char *permitted;
} forms[] = {
    {"environment", "^[A-Za-z0-9._-]{1,63}$",
     "up to 63 letters, digits, dots, hyphens and underscores"},
    /* A prefix of family names, or the name of a pushed job. */
    {"services", "^[A-Za-z][A-Za-z0-9_-]{0,62}$",
     "different names of letters, digits, hyphens and underscores that begin "
     "with a letter and do not end in -critical"},
    {"nodes",
     "^([A-Za-z0-9._-]+|\\[[A-Fa-f0-9:.]{2,}]):0*([1-9][0-9]{0,3}|[1-5][0-9]{4}"
     "|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$",
     "different hosts with their port, such as "
     "a.example.org:443,b.example.org:443"},
    {"retention", "^0*[1-9][0-9]{0,3}[hdwy]$",
     "a number of hours, days, weeks or years: 12h, 30d, 8w or 1y"},
    {"scrape-interval", "^0*[1-9][0-9]{0,3}s$", "seconds, from 1s to 120s"},
    /* Written into YAML and the short syntax of volumes. */
    {"token-file", "^[^:\"\\$[:cntrl:]]+$",
     "a path without colon, quote, backslash, dollar sign and control "
     "characters"},
};

/* The options that take words of templates/CHOICES. */
static const struct {
    const char *option;
    const char *words;
    bool many;
} choices[] = {{"stack", STACK_WORDS, false},
               {"storage", STORAGE_WORDS, false},
               {"tracing", TRACING_WORDS, false},
               {"alerting-channels", ALERTING_CHANNELS_WORDS, true},
               {"dashboard-presets", DASHBOARD_PRESETS_WORDS, true},
               {"exporters", EXPORTERS_WORDS, true}};

static bool matches(const char *pattern, const char *text) {
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    const bool result = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return result;
}

/* Each function that returns a status returns -1 on success, else the exit
 * code after a message. */

static int refuse(const struct call *call, const struct form *form,
                  const char *text, const char *problem) {
    return call_misused(call, "--%s: \"%.100s\" %s, must be %s", form->option,
                        text, problem, form->permitted);
}

/* The team's second receiver in alertmanager.yml ends in -critical. */
static bool is_reserved(const struct form *form, const char *text) {
    return strcmp(form->option, "services") == 0 && matches("-critical$", text);
}

static int check_text(const struct call *call, const struct form *form,
                      const char *text) {
    return matches(form->pattern, text) && !is_reserved(form, text)
               ? -1
               : refuse(call, form, text, "is not permitted");
}

static const struct form *find_form(const char *option) {
    const struct form *form = forms;
    while (strcmp(form->option, option) != 0)
        form++;
    return form;
}

/* Sets *text if the option was given. */
static int read_text(const struct call *call, const char *option,
                     const char **text) {
    const char *value = call_value(call, option);
    if (!value)
        return -1;
    *text = value;
    return check_text(call, find_form(option), value);
}

static int read_list(const struct call *call, const char *option,
                     struct arena *arena, struct string_list *list) {
    const struct form *form = find_form(option);
    char *text = call_value(call, option);
    if (!text)
        return -1;
    *list = (struct string_list){
        arena_take(arena, (strlen(text) + 2) * sizeof(*list->strings)), 0};
    text = arena_copy(arena, text, strlen(text));
    if (!list->strings || !text)
        return call_failed(call, "out of memory");
    for (char *item; (item = strsep(&text, ",")) != NULL;) {
        int status = check_text(call, form, item);
        for (size_t i = 0; i < list->count && status < 0; i++)
            if (strcmp(list->strings[i], item) == 0)
                status = refuse(call, form, item, "is listed twice");
        if (status >= 0)
            return status;
        list->strings[list->count++] = item;
        list->strings[list->count] = NULL;
    }
    return -1;
}

/* The bits of an option in monitoring->chosen: that of a word, or of all words
 * if word is NULL. */
static uint64_t bits_of(const char *option, const char *word, size_t len) {
    uint64_t bits = 0;
    for (size_t i = 0; template_choices[i].option; i++)
        if (strcmp(template_choices[i].option, option) == 0 &&
            (!word || (strlen(template_choices[i].word) == len &&
                       memcmp(template_choices[i].word, word, len) == 0)))
            bits |= UINT64_C(1) << i;
    return bits;
}

static int read_words(const struct call *call, size_t choice,
                      uint64_t *chosen) {
    const char *option = choices[choice].option;
    const bool many = choices[choice].many;
    const uint64_t all = bits_of(option, NULL, 0);
    const char *word = call_value(call, option);
    if (!word) {
        /* The default: the first word of a single choice, no word of a list. */
        *chosen |= many ? 0 : all & -all;
        return -1;
    }
    for (;; word++) {
        const size_t len = many ? strcspn(word, ",") : strlen(word);
        const uint64_t bit = bits_of(option, word, len);
        if (!bit)
            return call_misused(call, "--%s: \"%.*s\" is unknown, must be %s%s",
                                option, len > 100 ? 100 : (int)len, word,
                                many ? "one or more of " : "",
                                choices[choice].words);
        *chosen |= bit;
        word += len;
        if (!*word)
            return -1;
    }
}

/* Longer names first: shop_admin_x belongs to shop_admin, not to shop. */
static int by_length(const void *a, const void *b) {
    const char *const *one = a;
    const char *const *other = b;
    const size_t lens[] = {strlen(*one), strlen(*other)};
    return lens[0] != lens[1] ? (lens[0] < lens[1] ? 1 : -1)
                              : strcmp(*one, *other);
}

/* Prometheus cannot represent 300 years. */
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

static int check_times(const struct call *call,
                       const struct monitoring *monitoring) {
    const long hours = retention_hours(monitoring);
    if (strtol(monitoring->scrape_interval, NULL, 10) > 120)
        return refuse(call, find_form("scrape-interval"),
                      monitoring->scrape_interval,
                      "is too long for Prometheus to draw lines");
    if (hours > RETENTION_YEARS_MAX * 365L * 24)
        return call_misused(call,
                            "--retention: %s is too long, must be %dy or less",
                            monitoring->retention, RETENTION_YEARS_MAX);
    if (hours < 24 && (monitoring_has(monitoring, "stack_victoria") ||
                       monitoring_has(monitoring, "storage_victoria")))
        return call_misused(
            call,
            "--retention: %s is too short for VictoriaMetrics, must be a day "
            "or more",
            monitoring->retention);
    return -1;
}

/* Prints the stacks that an option or a word of it needs. */
static int refuse_stack(const struct call *call, const char *option,
                        const char *word, const char *needs) {
    struct strbuf stacks = {0};
    for (const struct template_choice *it = template_choices; it->option; it++)
        if (strcmp(it->option, "stack") == 0 &&
            (strcmp(it->sets, needs) == 0 || strcmp(it->name, needs) == 0))
            strbuf_printf(&stacks, "%s%s", stacks.len > 0 ? " or " : "",
                          it->word);
    const int status =
        call_misused(call, "--%s: %s%srequires --stack %s", option, word,
                     *word ? " " : "", stacks.failed ? "" : stacks.data);
    strbuf_free(&stacks);
    return status;
}

static int check_needs(const struct call *call,
                       const struct monitoring *monitoring) {
    static const char *const of_monitoring[] = {"services", "retention",
                                                "high-availability"};
    for (size_t i = 0; i < 3; i++)
        if (call_has(call, of_monitoring[i]) &&
            !monitoring_has(monitoring, "monitoring"))
            return refuse_stack(call, of_monitoring[i], "", "monitoring");
    if (monitoring->native_histograms &&
        !monitoring_has(monitoring, "stack_prometheus"))
        return refuse_stack(call, "native-histograms", "", "stack_prometheus");
    if (monitoring->native_histograms &&
        !monitoring_has(monitoring, "storage_local"))
        return call_misused(
            call, "--native-histograms: requires --storage local, because "
                  "Prometheus does not write native histograms with custom "
                  "bounds to other stores");
    for (size_t i = 0; template_choices[i].option; i++)
        if (*template_choices[i].needs && (monitoring->chosen >> i & 1) &&
            !monitoring_has(monitoring, template_choices[i].needs))
            return refuse_stack(call, template_choices[i].option,
                                template_choices[i].word,
                                template_choices[i].needs);
    return -1;
}

static int read_all(const struct call *call, struct arena *arena,
                    struct monitoring *monitoring) {
    int status = -1;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]) && status < 0;
         i++)
        status = read_words(call, i, &monitoring->chosen);
    if (status < 0)
        status = read_text(call, "environment", &monitoring->environment);
    if (status < 0)
        status = read_text(call, "retention", &monitoring->retention);
    if (status < 0)
        status =
            read_text(call, "scrape-interval", &monitoring->scrape_interval);
    if (status < 0)
        status = read_text(call, "token-file", &monitoring->token_file);
    if (status < 0)
        status = read_list(call, "services", arena, &monitoring->services);
    return status < 0 ? read_list(call, "nodes", arena, &monitoring->nodes)
                      : status;
}

int monitoring_read(const struct call *call, struct arena *arena,
                    struct monitoring *monitoring) {
    static const char *default_nodes[] = {"host.docker.internal:80", NULL};
    *monitoring = (struct monitoring){
        .out = call_value(call, "out"),
        .environment = "production",
        .retention = "30d",
        .scrape_interval = "15s",
        .high_availability = call_has(call, "high-availability"),
        .native_histograms = call_has(call, "native-histograms"),
        .nodes = {default_nodes, 1},
        .tls = call_has(call, "tls"),
        .dry_run = call_has(call, "dry-run"),
        .force = call_has(call, "force")};
    int status = read_all(call, arena, monitoring);
    if (status < 0 && (!monitoring->out || !*monitoring->out))
        status = call_misused(call, "--out is missing, must be the directory "
                                    "for the files");
    if (status < 0)
        status = check_needs(call, monitoring);
    if (status < 0)
        status = check_times(call, monitoring);
    if (status >= 0)
        return status;
    if (monitoring->services.count > 1)
        qsort(monitoring->services.strings, monitoring->services.count,
              sizeof(*monitoring->services.strings), by_length);
    if (!call_has(call, "dashboard-presets"))
        monitoring->chosen |= bits_of("dashboard-presets", NULL, 0);
    monitoring->short_retention = retention_hours(monitoring) < 30L * 24;
    return -1;
}
