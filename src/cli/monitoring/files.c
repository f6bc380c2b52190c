#include "cli/monitoring/files.h"

#include <stdio.h>
#include <string.h>

#include "cli/monitoring/board.h"
#include "cli/monitoring/dashboard.h"
#include "cli/monitoring/values.h"
#include "templates.h"

enum { OWN_VALUES_MAX = 4 };

/* An entry of the manifest, as its words say. */
struct entry {
    const char *template; /* its path */
    bool wanted;
    struct template_value own[OWN_VALUES_MAX + 1]; /* of this file alone */
    size_t own_count;
};

static int read_word(struct entry *entry, char *word,
                     const struct template_scope *scope, struct err *err) {
    char *equals = strchr(word, '=');
    struct err inner;
    if (equals && entry->own_count < OWN_VALUES_MAX) {
        *equals = '\0';
        entry->own[entry->own_count++] =
            (struct template_value){.name = word, .text = equals + 1};
        return 0;
    }
    if (strpbrk(word, "./")) {
        entry->template = word;
        return 0;
    }
    return template_condition(scope, word, strlen(word), &entry->wanted,
                              &inner) == 0
               ? 0
               : err_set(err, inner.code, "MANIFEST: %s", inner.message);
}

static int read_entry(struct entry *entry, const char *output, char *words,
                      const struct template_scope *scope, struct err *err) {
    char *rest;
    *entry = (struct entry){.template = output, .wanted = true};
    for (char *word = strtok_r(words, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        if (read_word(entry, word, scope, err) != 0)
            return -1;
    return 0;
}

static const char *find_template(const char *path) {
    for (const struct template_file *file = template_files; file->path; file++)
        if (strcmp(file->path, path) == 0)
            return file->text;
    return NULL;
}

/* What one file is made of; its memory goes when it is done. */
struct making {
    const struct monitoring *monitoring;
    const struct template_scope *scope; /* of all files */
    struct arena arena;
    struct output *output;
    struct err *err;
};

static bool is_dashboard(const char *path) {
    const size_t len = strlen(path);
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

/* The values of the board that the entry names. */
static const struct template_value *find_board(struct making *making,
                                               const struct entry *entry) {
    const struct template_scope own = {entry->own, NULL};
    const struct template_value *name = template_find(&own, "board", 5);
    for (const struct board *board = boards; name && board->name; board++)
        if (strcmp(board->name, name->text) == 0)
            return board_values(board, making->monitoring, &making->arena);
    return entry->own;
}

static int add_file(struct making *making,
                    const struct template_entry *listed) {
    struct entry entry;
    struct err *err = making->err;
    char *words =
        arena_copy(&making->arena, listed->words, strlen(listed->words));
    if (!words)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (read_entry(&entry, listed->output, words, making->scope, err) != 0)
        return -1;
    if (!entry.wanted)
        return 0;
    const char *text = find_template(entry.template);
    if (!text)
        return err_set(err, ERR_VALUE, "MANIFEST: there is no template %s",
                       entry.template);
    struct strbuf *out = output_add(making->output, listed->output);
    const struct template_scope own = {entry.own, making->scope};
    if (!is_dashboard(entry.template))
        return template_expand(entry.template, text, strlen(text), &own, out,
                               err);
    const struct template_scope board = {find_board(making, &entry), &own};
    return making->arena.failed
               ? err_set(err, ERR_MEMORY, "out of memory")
               : dashboard_expand(entry.template, text, strlen(text), &board,
                                  &making->arena, out, err);
}

/* Says which dashboards were asked for in vain. */
static void note_missing(const struct template_scope *scope) {
    static const struct {
        const char *name;
        const char *conditions[2];
        const char *missing; /* what it would have shown */
    } presets[] = {
        {"red",
         {"preset_red", "!red"},
         "family with a label such as status, of latencies or of errors"},
        {"golden",
         {"preset_golden", "!golden"},
         "family of requests, errors, latencies, page views or queues"},
        {"web-vitals",
         {"preset_web_vitals", "!web_vitals"},
         "family web_* of pages, and no performance_timing_*"},
        {"kpi", {"preset_kpi", "!kpi"}, "family of its own"},
        {"slo",
         {"preset_slo", "!objectives"},
         "family with a label such as status, or of latencies"},
        {"grafana-usage",
         {"preset_grafana_usage", "!sessions"},
         "sessions: sessions.enabled is false"}};
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        bool holds = true;
        struct err unread;
        for (size_t k = 0; k < 2; k++) {
            const char *word = presets[i].conditions[k];
            (void)template_condition(scope, word, strlen(word), &holds,
                                     &unread);
        }
        if (holds)
            (void)fprintf(stderr,
                          "tallyman monitoring: no dashboard %s: the "
                          "configuration has no %s\n",
                          presets[i].name, presets[i].missing);
    }
}

int files_add(const struct monitoring *monitoring, struct output *output,
              struct err *err) {
    struct arena arena = {0};
    const struct template_scope scope = {values_of(monitoring, &arena), NULL};
    struct making making = {.monitoring = monitoring,
                            .scope = &scope,
                            .output = output,
                            .err = err};
    int result = scope.values ? 0 : err_set(err, ERR_MEMORY, "out of memory");
    for (const struct template_entry *entry = template_entries;
         entry->output && result == 0; entry++) {
        result = add_file(&making, entry);
        arena_free(&making.arena);
    }
    if (result == 0 && monitoring_has(monitoring, "monitoring"))
        note_missing(&scope);
    arena_free(&arena);
    return result;
}
